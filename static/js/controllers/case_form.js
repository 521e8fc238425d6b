/**
 * The form "Open a case" and the form of invitation: rows added and removed in place, usual names of sides that follow the
 * kind and the language, roles that follow the kind. Without a script the same buttons submit, and the server does it.
 */

const SIDED_ROLES = new Set(["party", "counsel", "expert"]);

/** @param {HTMLFormElement} form */
export function attachCaseForm(form) {
  pairRolesWithSides(form);
  if (form.dataset.labels) new CaseForm(form);
}

/** A neutral, a secretary and an observer belong to no side: choosing such a role clears the side, and back again.
 *  @param {HTMLFormElement} form */
function pairRolesWithSides(form) {
  /** @type {WeakMap<HTMLSelectElement, string>} */
  const kept = new WeakMap();
  form.addEventListener("change", (event) => {
    const role = event.target;
    if (!(role instanceof HTMLSelectElement) || !/^(person_)?role$/.test(role.name)) return;
    const side = /** @type {HTMLSelectElement} */ ((role.closest("[data-row]") ?? form).querySelector("select[name$=side]"));
    if (SIDED_ROLES.has(role.value)) {
      side.value ||= kept.get(side) ?? "";
    } else if (side.value) {
      kept.set(side, side.value);
      side.value = "";
    }
  });
}

class CaseForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    /** Usual names of sides, by kind, language and place. @type {Record<string, Record<string, string[]>>} */
    this.labels = JSON.parse(form.dataset.labels ?? "{}");
    this.usual = new Set(Object.values(this.labels).flatMap((languages) => Object.values(languages).flat()));
    this.counselKinds = new Set((form.dataset.counselKinds ?? "").split(" "));
    /** @type {Record<string, {least: number, most: number}>} */
    this.limits = {
      sides: { least: Number(form.dataset.leastSides), most: Number(form.dataset.mostSides) },
      people: { least: 0, most: Number(form.dataset.mostPeople) },
    };
    form.addEventListener("click", (event) => this.#press(event));
    form.addEventListener("change", (event) => {
      if (["kind", "language"].includes(nameOf(event.target))) this.#useUsualLabels();
    });
    form.addEventListener("input", (event) => {
      if (nameOf(event.target) === "side") this.#nameSides();
    });
    this.#nameSides();
  }

  get kind() {
    return String(new FormData(this.form).get("kind") ?? "");
  }

  /** @returns {HTMLInputElement[]} */
  get sides() {
    return [...this.form.querySelectorAll("input[name=side]")].map((input) => /** @type {HTMLInputElement} */ (input));
  }

  /** @param {string} name @returns {HTMLSelectElement[]} */
  #selects(name) {
    return [...this.form.querySelectorAll(`select[name=${name}]`)].map((select) => /** @type {HTMLSelectElement} */ (select));
  }

  /** @param {string} list @returns {HTMLElement} */
  #container(list) {
    return /** @type {HTMLElement} */ (this.form.querySelector(`[data-rows=${list}]`));
  }

  /** @param {string} list @returns {HTMLElement[]} */
  #rows(list) {
    return [...this.#container(list).children].map((row) => /** @type {HTMLElement} */ (row));
  }

  /** @param {string} list @returns {HTMLButtonElement} */
  #adder(list) {
    return /** @type {HTMLButtonElement} */ (this.form.querySelector(`[data-add=${list}]`));
  }

  /** @param {Event} event */
  #press(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-add], [data-remove]") : null;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    if (button.dataset.add) this.#add(button.dataset.add);
    else this.#remove(button.dataset.remove ?? "", /** @type {HTMLElement} */ (button.closest("[data-row]")));
  }

  /** @param {string} list */
  #add(list) {
    const template = /** @type {HTMLTemplateElement} */ (this.form.querySelector(`template[data-template=${list}]`));
    this.#container(list).append(document.importNode(template.content, true));
    this.#renumber(list);
    const first = this.#rows(list).at(-1)?.querySelector("input");
    if (first?.name === "side") first.value = this.#usualLabel(this.sides.length - 1);
    this.#nameSides();
    first?.focus();
  }

  /** @param {string} list @param {HTMLElement} row */
  #remove(list, row) {
    const index = this.#rows(list).indexOf(row);
    row.remove();
    if (list === "sides") this.#forgetSide(index);
    this.#renumber(list);
    this.#nameSides();
    this.#adder(list).focus();
  }

  /** Everybody stays with the side they were given; the removed side's people have to be given another. @param {number} gone */
  #forgetSide(gone) {
    for (const select of [...this.#selects("person_side"), ...this.#selects("me")]) {
      const [, prefix, place] = select.value.match(/^(\D*)(\d+)$/) ?? ["", "", ""];
      if (!place) continue;
      const now = Number(place) > gone ? Number(place) - 1 : Number(place);
      select.value = Number(place) === gone ? "" : `${prefix}${now}`;
    }
  }

  /** Ids, labels and buttons of the rows, from their place: side-0, side-1... @param {string} list */
  #renumber(list) {
    const rows = this.#rows(list);
    rows.forEach((row, index) => {
      for (const element of [row, ...row.querySelectorAll("*")]) renumber(element, index);
    });
    const { least, most } = this.limits[list];
    this.#adder(list).hidden = rows.length >= most;
    for (const row of rows) {
      const remover = /** @type {HTMLButtonElement} */ (row.querySelector("[data-remove]"));
      remover.hidden = rows.length <= least;
    }
  }

  /** @param {number} place */
  #usualLabel(place) {
    const language = String(new FormData(this.form).get("language") ?? "");
    return this.labels[this.kind]?.[language]?.[place] ?? "";
  }

  /** Names that nobody chose follow the kind and the language; names that somebody typed stay. */
  #useUsualLabels() {
    this.sides.forEach((input, place) => {
      if (!input.value.trim() || this.usual.has(input.value)) input.value = this.#usualLabel(place);
    });
    this.#nameSides();
  }

  /** Every list of sides says the names as they are typed, and "my role" offers what the kind allows. */
  #nameSides() {
    const names = this.sides.map((input, place) => input.value.trim() || this.#usualLabel(place));
    for (const select of this.#selects("person_side")) setOptions(select, "", names);
    const words = this.form.dataset.counselFor ?? "{side}";
    const forCounsel = !this.kind || this.counselKinds.has(this.kind);
    for (const me of this.#selects("me")) {
      setOptions(me, "counsel:", forCounsel ? names.map((name) => words.replace("{side}", () => name)) : []);
      if (!me.value && this.kind && !forCounsel) me.value = "neutral";
    }
  }
}

/** @param {EventTarget|null} target */
function nameOf(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.name : "";
}

/** @param {Element} element @param {number} index */
function renumber(element, index) {
  if (!(element instanceof HTMLElement)) return;
  for (const name of ["id", "for", "aria-describedby"]) {
    const value = element.getAttribute(name);
    if (value) element.setAttribute(name, value.replace(/\b((?:side|person)-)\d+/g, `$1${index}`));
  }
  const { remove, text, label } = element.dataset;
  if (remove && element instanceof HTMLButtonElement) element.value = element.value.replace(/\d+$/, String(index));
  if (text) element.textContent = text.replace("{n}", String(index + 1));
  if (label) element.setAttribute("aria-label", label.replace("{n}", String(index + 1)));
}

/** Make the options `${prefix}0`, `${prefix}1`... say the words; the others stay. A choice that is gone is cleared.
 *  @param {HTMLSelectElement} select @param {string} prefix @param {string[]} words */
function setOptions(select, prefix, words) {
  const chosen = select.value;
  for (const option of [...select.options]) {
    if (/\d$/.test(option.value)) option.remove();
  }
  select.append(...words.map((word, place) => new Option(word, `${prefix}${place}`)));
  select.value = chosen;
  if (select.selectedIndex < 0) select.value = "";
}
