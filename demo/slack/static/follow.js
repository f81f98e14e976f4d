/* Shows what is new without a reload. Every page works without it.
   Where something is being typed or a menu is open, nothing is touched. */
"use strict";
(() => {
  const body = document.body;
  if (!body.dataset.version) return;
  let typed = false;
  document.addEventListener("input", () => { typed = true; });
  /* A form leads back to the message that was in view. */
  document.addEventListener("submit", ({ target }) => {
    typed = true;
    if (!target.action.includes("#")) target.action += location.hash;
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

  async function look() {
    if (busy() || document.hidden) return;
    const { version } = await (await fetch("/version")).json();
    if (String(version) === body.dataset.version || busy()) return;
    const answer = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const hash = (page) => page.getElementById("modal")?.dataset.hash;
    if (busy()) return;
    if (hash(document) !== hash(fresh)) { location.reload(); return; }
    ["feed", "log", "trouble"].forEach((id) => renew(id, fresh));
    const rail = fresh.getElementById("rail");
    if (!document.getElementById("rail").contains(document.activeElement)) {
      document.getElementById("rail").replaceChildren(...document.importNode(rail, true).childNodes);
    }
    body.dataset.version = version;
  }

  if (!location.hash) document.getElementById("newest")?.scrollIntoView({ block: "end" });
  setInterval(() => look().catch(() => {}), 1500);
})();
