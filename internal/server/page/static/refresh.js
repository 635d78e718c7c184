// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Refreshes the content of the page every 15 seconds, and keeps the scroll position, the focus and open
// sections. Without the script, the page has the same content and a link to refresh it.
"use strict";
(() => {
  const interval = 15000, timeout = 10000;
  const pause = document.getElementById("pause"), lost = document.getElementById("lost");
  let paused = false, busy = false;

  // No refresh while text is selected or a form is filled in.
  const inUse = () => {
    const active = document.activeElement;
    return document.hidden || !getSelection().isCollapsed || active && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName);
  };
  const byId = (id) => id ? document.getElementById(id) : null;

  const replace = (next) => {
    const main = document.getElementById("main"), from = next.getElementById("main");
    if (!from) throw new Error("the response is not a page");
    const open = new Map([...main.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
    const scrolled = [...main.querySelectorAll(".scroll[id]")].map((d) => [d.id, d.scrollLeft]);
    // A link without an id is found again by its text and target.
    const active = main.contains(document.activeElement) ? document.activeElement : null;
    const alike = (root, e) => [...root.querySelectorAll(e.tagName)].filter((x) => x.textContent === e.textContent && x.getAttribute("href") === e.getAttribute("href"));
    const nth = active && !active.id ? alike(main, active).indexOf(active) : -1;
    const summary = active && active.tagName === "SUMMARY" ? active.parentElement.id : "";
    const x = scrollX, y = scrollY;
    main.replaceChildren(...from.childNodes);
    document.title = next.title;
    for (const [id, is] of open) { const d = byId(id); if (d) d.open = is; }
    for (const [id, left] of scrolled) { const d = byId(id); if (d) d.scrollLeft = left; }
    if (active) {
      const details = byId(summary);
      const again = byId(active.id) || details && details.querySelector("summary") || alike(main, active)[nth] || main;
      again.focus({ preventScroll: true });
    }
    scrollTo(x, y);
  };

  const refresh = async () => {
    if (paused || busy || inUse()) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(timeout) });
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!paused && !inUse()) replace(next);
      lost.hidden = true;
    } catch {
      lost.textContent = "The exporter does not respond. The page shows its last response.";
      lost.hidden = false;
    } finally {
      busy = false;
    }
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, interval);
})();
