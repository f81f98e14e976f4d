(() => {
  const table = document.getElementById("grants"), body = table.tBodies[0], rows = [...body.rows];
  const form = document.querySelector(".filters"), out = form.querySelector("output"), more = document.querySelector("[data-more]");
  const rank = {critical: 3, high: 2, medium: 1, low: 0}, FEW = 20, RISK = 3, FOUND = 4;
  const collator = new Intl.Collator("en", {numeric: true}), words = new Map(rows.map(r => [r, r.textContent.toLowerCase()]));
  let order = rows, all = false;
  document.querySelectorAll("[data-print], [data-copy], .filters").forEach(e => { e.hidden = false; });
  for (const span of table.tHead.querySelectorAll("span")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = span.textContent;
    span.replaceWith(button);
  }
  function show() {
    const q = form.q.value.trim().toLowerCase();
    let hit = 0;
    for (const r of order) {
      const ok = (!q || words.get(r).includes(q)) && (!form.holder.value || r.cells[0].textContent === form.holder.value)
        && (!form.risk.value || r.dataset.r === form.risk.value) && (!form.found.checked || r.cells[FOUND].textContent);
      if (ok) hit++;
      r.hidden = !ok || (!all && hit > FEW);
    }
    more.parentNode.hidden = all || hit <= FEW;
    more.textContent = `Show all ${hit.toLocaleString("en")}`;
    const shown = hit.toLocaleString("en") + (hit === 1 ? " grant" : " grants");
    out.textContent = !hit ? "No grant matches. Clear a filter." : all || hit <= FEW ? shown : `${FEW} of ${shown}`;
  }
  table.tHead.addEventListener("click", e => {
    const button = e.target.closest("button");
    if (!button) return;
    const th = button.parentNode, i = th.cellIndex, up = th.getAttribute("aria-sort") !== "ascending";
    for (const h of th.parentNode.cells) h.setAttribute("aria-sort", "none");
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = r => i === RISK ? String(rank[r.dataset.r]) : r.cells[i].textContent;
    const keyed = rows.map(r => [key(r), r]).sort((a, b) => (up ? 1 : -1) * collator.compare(a[0], b[0]));
    order = keyed.map(pair => pair[1]);
    body.append(...order);
    show();
  });
  form.addEventListener("input", show);
  form.addEventListener("submit", e => e.preventDefault());
  more.addEventListener("click", () => { all = true; show(); });
  document.querySelector("[data-print]").addEventListener("click", () => print());
  document.addEventListener("click", async e => {
    const button = e.target.closest("[data-copy]");
    if (!button) return;
    const pre = button.closest(".fix").querySelector("pre"), said = button.lastElementChild;
    try { await navigator.clipboard.writeText(pre.textContent); said.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(pre); said.textContent = "Selected: press Ctrl+C"; }
    setTimeout(() => { said.textContent = "Copy"; }, 2500);
  });
  show();
})();
