/** Menus that close themselves, buttons that say they were pressed, and what signing out leaves on the device. */
import { forgetSavedDrafts } from "../models/drafts.js";

/** @param {HTMLDetailsElement} menu */
export function attachMenu(menu) {
  document.addEventListener("click", (event) => {
    if (menu.open && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

/** A second press while the first is on its way does nothing. @param {HTMLButtonElement} button */
export function attachBusy(button) {
  button.form?.addEventListener("submit", (event) => {
    if (button.classList.contains("is-busy")) event.preventDefault();
    button.classList.add("is-busy");
  });
  // Coming back by the browser's own history shows the page as it was left.
  addEventListener("pageshow", () => button.classList.remove("is-busy"));
}

/** @param {HTMLFormElement} form */
export function attachSignOut(form) {
  form.addEventListener("submit", () => forgetSavedDrafts(localStorage));
}
