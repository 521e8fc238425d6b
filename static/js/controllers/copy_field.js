// A read-only field with its "Copy" button (ui.copy_field). Without a script the field is selected and copied by hand.

const SHOWN_FOR = 2500; // milliseconds

/** @param {HTMLElement} element what holds the field and its button; the element itself may be the [data-copy] */
export default function connect(element) {
  const field = element.querySelector(".copy__row input");
  const button = element.querySelector('[data-action="copy"]');
  if (!(field instanceof HTMLInputElement) || !(button instanceof HTMLButtonElement)) return;
  const words = button.querySelector("span");
  const before = words.textContent;
  let timer = 0;

  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    if (!(await copied(field))) return;
    words.textContent = button.dataset.copied;
    announce(button.dataset.copied);
    clearTimeout(timer);
    timer = setTimeout(() => (words.textContent = before), SHOWN_FOR);
  });
}

/** True once the text is on the clipboard. Where the browser refuses, the text is left selected for the person's own copy. */
async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return false;
  }
}

function announce(text) {
  const status = document.getElementById("status");
  if (status) status.textContent = text;
}
