/** Small helps of fields. Without a script the fields work; their buttons stay hidden. */

/** Show what was typed in a password field. @param {HTMLButtonElement} button */
export function attachReveal(button) {
  const field = /** @type {HTMLInputElement|null} */ (document.getElementById(button.getAttribute("aria-controls") ?? ""));
  if (!field) return;
  button.hidden = false;
  const use = button.querySelector("use");
  const show = (/** @type {boolean} */ shown) => {
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    use?.setAttribute("href", shown ? "#i-eye-off" : "#i-eye");
  };
  button.addEventListener("click", () => show(field.type === "password"));
  // A password is never sent as a plain text field: browsers would remember it as one.
  field.form?.addEventListener("submit", () => show(false));
}

/** Copy a read-only field. @param {HTMLElement} element */
export function attachCopy(element) {
  const field = element.querySelector("input");
  const button = /** @type {HTMLButtonElement|null} */ (element.querySelector("[data-action=copy]"));
  if (!field || !button || !navigator.clipboard) return;
  button.hidden = false;
  const words = button.querySelector("span");
  const before = words?.textContent ?? "";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      return;
    }
    if (!words) return;
    words.textContent = button.dataset.copied ?? "";
    const status = document.getElementById("status");
    if (status) status.textContent = button.dataset.copied ?? "";
    setTimeout(() => (words.textContent = before), 3000);
  });
}

/** After a refused form, what is wrong is heard first. @param {HTMLElement} summary */
export function attachErrors(summary) {
  summary.focus();
}
