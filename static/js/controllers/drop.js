/** Dropping files. While they hang over it, the room says where they would land. */

/**
 * @param {HTMLElement} zone  where files may be dropped
 * @param {HTMLElement} frame  what shows it
 * @param {(files: File[]) => void} take
 */
export function attachDrop(zone, frame, take) {
  let depth = 0;
  const over = (/** @type {boolean} */ shown) => frame.classList.toggle("is-dropping", shown);
  zone.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth += 1;
    over(true);
  });
  zone.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  zone.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) over(false);
  });
  zone.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over(false);
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
