/* Shows what is new without a reload. Every page works without it.
   Where something is being typed or a menu is open, nothing is touched. */
"use strict";
(() => {
  const body = document.body;
  if (!body.dataset.version) return;
  let typed = false;
  document.addEventListener("input", () => { typed = true; });
  /* A form leads back to the message that was in view, at the place where it was. What is written is the newest. */
  const main = document.querySelector("main");
  const scroller = () => main && getComputedStyle(main).overflowY !== "visible" ? main : document.scrollingElement;
  document.addEventListener("submit", ({ target, submitter }) => {
    typed = true;
    if (target.closest(".compose")) return;
    if (!target.action.includes("#")) target.action += location.hash;
    sessionStorage.place = JSON.stringify([location.pathname, scroller().scrollTop]);
    if (submitter?.name === "press" && !target.matches("[aria-modal]")) sessionStorage.pressed = submitter.value;
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") document.querySelector("[aria-modal] [data-closes]")?.click();
  });
  const [path, top] = JSON.parse(sessionStorage.place || "[]");
  sessionStorage.removeItem("place");
  const back = path === location.pathname;
  /* In Slack a menu acts when something is chosen from it; without a script a button sends it. */
  document.documentElement.classList.add("scripted");
  document.addEventListener("change", ({ target }) => {
    if (target.matches(".pick > select")) target.form.requestSubmit(target.nextElementSibling);
  });
  const busy = () => typed || document.querySelector(".menu[open]") || document.querySelector("[role=alertdialog]");

  /* Swaps those children of a list that differ, so that screen readers hear the news alone and focus stays. */
  function renew(id, fresh) {
    const old = document.getElementById(id), young = fresh.getElementById(id);
    if (!old || !young) return;
    const known = new Map([...old.children].map((child) => [child.id, child]));
    let before = old.firstElementChild;
    for (const child of [...young.children]) {
      const mine = known.get(child.id);
      known.delete(child.id);
      if (mine && (mine.isEqualNode(child) || mine.querySelector(":scope > details[open]"))) {
        if (mine === before) before = before.nextElementSibling; else old.insertBefore(mine, before);
        continue;
      }
      old.insertBefore(document.importNode(child, true), before);
      if (mine) { if (mine === before) before = before.nextElementSibling; mine.remove(); }
    }
    known.forEach((gone) => gone.remove());
  }

  /* Takes a part over whole, unless somebody is in it. */
  function replace(id, fresh) {
    const old = document.getElementById(id), young = fresh.getElementById(id);
    if (!old || !young || old.contains(document.activeElement) || old.querySelector("details[open]")) return;
    old.replaceChildren(...document.importNode(young, true).childNodes);
  }

  async function look() {
    if (busy() || document.hidden) return;
    const { version } = await (await fetch("/version")).json();
    if (String(version) === body.dataset.version || busy()) return;
    const answer = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const hash = (page) => page.getElementById("modal")?.dataset.hash;
    if (busy()) return;
    if (hash(document) !== hash(fresh)) { location.reload(); return; }
    ["feed", "log", "thread", "trouble"].forEach((id) => renew(id, fresh));
    ["rail", "inject"].forEach((id) => replace(id, fresh));
    body.dataset.version = version;
  }

  /* A question lies over the message that it is about; else the newest is in view. An anchor would take the focus. */
  const about = document.querySelector("[role=alertdialog] [name=ts]")?.value;
  if (back) addEventListener("load", () => { scroller().scrollTop = top; });
  else if (about) document.getElementById(`m-${about}`)?.scrollIntoView({ block: "center" });
  else if (!location.hash) document.getElementById("newest")?.scrollIntoView({ block: "end" });
  /* In what lies over the page the focus is on what is wrong, else where the form wants it, else on its first field. Then it
     goes back to where it was. */
  const over = document.querySelector("[aria-modal]");
  const wanted = over
    ? over.querySelector(".bad :is(input, textarea, select)") || over.querySelector("[autofocus]")
      || over.querySelector(".body :is(input, textarea, select)")
    : [...document.querySelectorAll("button[name=press]")].find((each) => each.value === sessionStorage.pressed);
  wanted?.focus({ preventScroll: !over });
  if (!over) sessionStorage.removeItem("pressed");
  setInterval(() => look().catch(() => {}), 1500);
})();
