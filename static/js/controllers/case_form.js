// The form "Open a case", and the form of invitation: rows added and removed in place, usual names of sides that follow the
// kind, roles that follow the kind, one submit. Without a script the same buttons submit and the server does it.

/** @param {HTMLElement} form */
export default function connect(form) {
  if (!(form instanceof HTMLFormElement)) return;
  document.getElementById("errors")?.focus();
  sendOnce(form);
  pairRolesWithSides(form);
  if (form.dataset.labels) new CaseForm(form);
}

/** A second click must not send a second time; the key in the form protects where this script does not run. */
function sendOnce(form) {
  const button = form.querySelector("[data-submit]");
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "true";
    button?.classList.add("is-busy");
    return undefined;
  });
  // Back from the next page: the browser may show this one as it was left.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    button?.classList.remove("is-busy");
  });
}

/** A neutral, a secretary and an observer belong to no side: choosing such a role clears the side, and back again. */
function pairRolesWithSides(form) {
  const sided = new Set(["party", "counsel", "expert"]);
  const kept = new WeakMap();
  form.addEventListener("change", (event) => {
    const role = event.target;
    if (!(role instanceof HTMLSelectElement) || !/(^|_)role$/.test(role.name)) return;
    const side = (role.closest("[data-row]") ?? form).querySelector('select[name$="side"]');
    if (!(side instanceof HTMLSelectElement)) return;
    if (!sided.has(role.value) && side.value) {
      kept.set(side, side.value);
      side.value = "";
    } else if (sided.has(role.value) && !side.value && kept.has(side)) {
      side.value = kept.get(side);
    }
  });
}

class CaseForm {
  constructor(form) {
    this.form = form;
    this.labels = JSON.parse(form.dataset.labels);
    this.usual = new Set(Object.values(this.labels).flatMap((languages) => Object.values(languages).flat()));
    this.counselKinds = new Set(form.dataset.counselKinds.split(" "));
    this.limits = {
      sides: { least: Number(form.dataset.leastSides), most: Number(form.dataset.mostSides) },
      people: { least: 0, most: Number(form.dataset.mostPeople) },
    };
    form.addEventListener("click", (event) => this.onClick(event));
    form.addEventListener("change", (event) => this.onChange(event));
    form.addEventListener("input", (event) => {
      if (event.target.name === "side") this.nameSides();
    });
    this.nameSides();
  }

  get kind() {
    return this.form.elements.kind.value;
  }

  get sides() {
    return [...this.form.querySelectorAll('input[name="side"]')];
  }

  rows(list) {
    return [...this.container(list).children];
  }

  container(list) {
    return this.form.querySelector(`[data-rows="${list}"]`);
  }

  onClick(event) {
    const button = event.target.closest("[data-add], [data-remove]");
    if (!button) return;
    event.preventDefault();
    if (button.dataset.add) this.add(button.dataset.add);
    else this.remove(button.dataset.remove, button.closest("[data-row]"));
  }

  onChange(event) {
    if (event.target.name === "kind" || event.target.name === "language") this.useUsualLabels();
  }

  add(list) {
    if (this.rows(list).length >= this.limits[list].most) return;
    const copy = this.form.querySelector(`template[data-template="${list}"]`).content.cloneNode(true);
    this.container(list).append(copy);
    this.renumber(list);
    const row = this.rows(list).at(-1);
    if (list === "sides") row.querySelector("input").value = this.usualLabel(this.sides.length - 1);
    this.nameSides();
    row.querySelector("input").focus();
  }

  remove(list, row) {
    const index = this.rows(list).indexOf(row);
    if (this.rows(list).length <= this.limits[list].least) return;
    row.remove();
    if (list === "sides") this.forgetSide(index);
    this.renumber(list);
    this.nameSides();
    this.form.querySelector(`[data-add="${list}"]`).focus();
  }

  /** Everybody stays with the side they were given; the removed side's people have to be given another. */
  forgetSide(index) {
    for (const select of this.form.querySelectorAll('select[name="person_side"], select[name="me"]')) {
      const prefix = select.name === "me" ? "counsel:" : "";
      select.querySelector(`option[value="${prefix}${index}"]`)?.remove();
      for (const option of select.options) {
        const at = option.value.startsWith(prefix) ? Number(option.value.slice(prefix.length) || NaN) : NaN;
        if (at > index) option.value = `${prefix}${at - 1}`;
      }
    }
  }

  /** Ids, labels and buttons of the rows, from their place: side-0, side-1... */
  renumber(list) {
    const rows = this.rows(list);
    const number = (text, index) => text.replace(/^((?:side|person)-)\d+/, `$1${index}`);
    rows.forEach((row, index) => {
      for (const element of [row, ...row.querySelectorAll("*")]) {
        for (const name of ["id", "for", "aria-describedby"]) {
          if (element.hasAttribute(name)) element.setAttribute(name, number(element.getAttribute(name), index));
        }
        if (element.dataset.remove) element.value = element.value.replace(/\d+$/, index);
        if (element.dataset.text) element.textContent = element.dataset.text.replace("{n}", index + 1);
        if (element.dataset.label) element.setAttribute("aria-label", element.dataset.label.replace("{n}", index + 1));
      }
    });
    const { least, most } = this.limits[list];
    this.form.querySelector(`[data-add="${list}"]`).hidden = rows.length >= most;
    for (const button of this.form.querySelectorAll(`[data-rows] [data-remove="${list}"]`)) button.hidden = rows.length <= least;
  }

  usualLabel(position) {
    return this.labels[this.kind]?.[this.form.elements.language.value]?.[position] ?? "";
  }

  /** Names that nobody chose follow the kind and the language; names that somebody typed stay. */
  useUsualLabels() {
    this.sides.forEach((input, position) => {
      if (!input.value.trim() || this.usual.has(input.value)) input.value = this.usualLabel(position);
    });
    this.nameSides();
  }

  /** Every list of sides says the names as they are typed, and "my role" offers what the kind allows. */
  nameSides() {
    const names = this.sides.map((input, position) => input.value.trim() || this.usualLabel(position));
    for (const select of this.form.querySelectorAll('select[name="person_side"]')) {
      setOptions(select, "", names, (name) => name);
    }
    const me = this.form.elements.me;
    const counsel = !this.kind || this.counselKinds.has(this.kind);
    setOptions(me, "counsel:", counsel ? names : [], (name) => this.form.dataset.counselFor.replace("{side}", name));
    if (!me.value && this.kind && !counsel) me.value = "neutral";
  }
}

/** Make the options `${prefix}0`, `${prefix}1`... say the names; the others stay. A choice that is gone is cleared. */
function setOptions(select, prefix, names, words) {
  const chosen = select.value;
  for (const option of [...select.options]) {
    if (/\d$/.test(option.value)) option.remove();
  }
  names.forEach((name, index) => select.append(new Option(words(name), `${prefix}${index}`)));
  select.value = chosen;
  if (select.selectedIndex < 0) select.value = "";
}
