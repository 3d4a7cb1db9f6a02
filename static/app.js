/* Loaded in the head, before anything is painted: the theme first, then small conveniences.
   Every page works without this file; the toggles stay hidden then. */
(function () {
  "use strict";

  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function remember(name, value) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = name + "=" + value + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
  }

  function setTheme(theme) {
    root.setAttribute("data-bs-theme", theme);
    for (const button of document.querySelectorAll("[data-toggle-theme]")) {
      button.setAttribute("aria-pressed", String(theme === "dark"));
    }
    document.dispatchEvent(new CustomEvent("rectify:look"));
  }

  function followSystem() {
    if (root.hasAttribute("data-theme-follows")) setTheme(dark.matches ? "dark" : "light");
  }

  function toggleTheme() {
    const theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.removeAttribute("data-theme-follows");
    remember("theme", theme);
    setTheme(theme);
  }

  function toggleLarge(button) {
    const large = root.classList.toggle("large");
    remember("large", large ? "1" : "0");
    button.setAttribute("aria-pressed", String(large));
    document.dispatchEvent(new CustomEvent("rectify:look"));
    markClamps(document);
  }

  /* Paper is always light, and the drawn charts with it. */
  function wirePrint() {
    let theme = "";
    window.addEventListener("beforeprint", function () {
      theme = root.getAttribute("data-bs-theme");
      setTheme("light");
    });
    window.addEventListener("afterprint", function () { setTheme(theme); });
  }

  /* Long text: mark what is longer than its lines, and give a way to the rest where the text is no link itself. */
  function markClamps(scope) {
    const words = document.getElementById("trouble");
    for (const box of scope.querySelectorAll(".clamp")) {
      if (box.classList.contains("is-open")) continue;
      const text = box.children.length === 1 && box.firstElementChild.matches("a") ? box.firstElementChild : box;
      const longer = text.scrollHeight > text.clientHeight + 2;
      box.classList.toggle("is-clamped", longer);
      if (longer && words && !box.querySelector("a") && !box.dataset.hasMore) {
        box.dataset.hasMore = "1";
        box.insertAdjacentElement("afterend", moreButton(box, words.dataset));
      }
    }
  }

  function moreButton(box, words) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "more";
    button.textContent = words.more;
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", function () {
      const open = box.classList.toggle("is-open");
      button.textContent = open ? words.less : words.more;
      button.setAttribute("aria-expanded", String(open));
    });
    return button;
  }

  function wireProgress() {
    const bar = document.getElementById("progress");
    let running = 0;
    let timer = 0;
    document.body.addEventListener("htmx:beforeRequest", function () {
      running += 1;
      if (running === 1) timer = setTimeout(function () { bar.hidden = false; }, 300);
    });
    document.body.addEventListener("htmx:xhr:progress", function (event) {
      if (event.detail.lengthComputable) bar.value = (100 * event.detail.loaded) / event.detail.total;
    });
    document.body.addEventListener("htmx:afterRequest", function () {
      running = Math.max(0, running - 1);
      if (running) return;
      clearTimeout(timer);
      bar.hidden = true;
      bar.removeAttribute("value");
    });
  }

  function wireHtmx() {
    const trouble = document.getElementById("trouble");
    function tell(text) {
      trouble.textContent = text;
      trouble.hidden = false;
    }
    document.body.addEventListener("htmx:sendError", function () { tell(trouble.dataset.offline); });
    document.body.addEventListener("htmx:responseError", function () { tell(trouble.dataset.refused); });
    document.body.addEventListener("htmx:beforeRequest", function () { trouble.hidden = true; });
    /* A session that ended answers with the sign-in page: show that page, never a piece of it inside this one. */
    document.body.addEventListener("htmx:beforeSwap", function (event) {
      const address = event.detail.xhr.responseURL || "";
      if (!address || !new URL(address).pathname.startsWith("/accounts/login/")) return;
      event.detail.shouldSwap = false;
      location.reload();
    });
    document.body.addEventListener("htmx:afterSettle", function (event) {
      markClamps(event.detail.elt.parentNode || document);
      showAllChosen(event.detail.elt.parentNode || document);
      const wrong = event.detail.elt.querySelector && event.detail.elt.querySelector(".form-errors, [aria-invalid='true']");
      if (wrong) wrong.focus();
    });
  }

  /* The big screen turns its pages by itself; any key or a pointer on it holds the page. */
  function wireRotation() {
    const book = document.querySelector("[data-rotate]");
    if (!book) return;
    const pages = Array.from(book.querySelectorAll(".big-page"));
    let at = 0;
    let held = false;
    function show() {
      pages.forEach(function (page, index) { page.hidden = index !== at; });
      window.dispatchEvent(new Event("resize"));
    }
    document.addEventListener("keydown", function (event) {
      if (event.key === " ") held = !held;
      else if (event.key === "ArrowRight") at = (at + 1) % pages.length;
      else if (event.key === "ArrowLeft") at = (at + pages.length - 1) % pages.length;
      else return;
      event.preventDefault();
      show();
    });
    setInterval(function () {
      if (held || book.matches(":hover")) return;
      at = (at + 1) % pages.length;
      show();
    }, 1000 * Number(book.dataset.rotate || 20));
    show();
  }

  /* A filter form sends itself when a choice changes; without scripts its button does. */
  function onChange(event) {
    const form = event.target.form;
    if (form && form.hasAttribute("data-auto-submit")) form.requestSubmit();
    if (form) showChosen(form);
    if (event.target.hasAttribute("data-tick-group")) tickGroup(event.target);
  }

  /* One tick for all of a group; without scripts it is not there, and each is ticked by itself. */
  function tickGroup(box) {
    for (const other of box.closest("[data-group]").querySelectorAll("[name='pick']")) other.checked = box.checked;
  }

  function onClick(event) {
    const theme = event.target.closest("[data-toggle-theme]");
    const large = event.target.closest("[data-toggle-large]");
    if (theme) toggleTheme();
    if (large) toggleLarge(large);
    if (event.target.closest("[data-print]")) window.print();
  }

  /* Fields that belong to one choice are shown while it is chosen: data-only="name=value" on the field, and
     data-label-choice with data-label-words for a label that reads otherwise then. Without scripts all stand there with their help. */
  function showChosen(form) {
    for (const field of form.querySelectorAll("[data-only]")) {
      const wanted = field.dataset.only.split("=");
      const chosen = form.querySelector("[name='" + wanted[0] + "']:checked");
      field.closest(".field").hidden = !chosen || chosen.value !== wanted[1];
    }
    for (const field of form.querySelectorAll("[data-label-choice]")) {
      const wanted = field.dataset.labelChoice.split("=");
      const label = form.querySelector("label[for='" + field.id + "']");
      const chosen = form.querySelector("[name='" + wanted[0] + "']:checked");
      if (!label) continue;
      const words = label.firstChild;
      label.dataset.plain = label.dataset.plain || words.textContent;
      words.textContent = chosen && chosen.value === wanted[1] ? field.dataset.labelWords : label.dataset.plain;
    }
  }

  function showAllChosen(scope) {
    for (const form of scope.querySelectorAll("form")) {
      if (form.querySelector("[data-only], [data-label-choice]")) showChosen(form);
    }
  }

  function start() {
    for (const button of document.querySelectorAll("[data-toggle-theme], [data-toggle-large], [data-print], [data-tick-row]")) {
      button.hidden = false;
    }
    setTheme(root.getAttribute("data-bs-theme"));
    document.addEventListener("click", onClick);
    document.addEventListener("change", onChange);
    dark.addEventListener("change", followSystem);
    let wait = 0;
    window.addEventListener("resize", function () {
      clearTimeout(wait);
      wait = setTimeout(function () { markClamps(document); }, 150);
    });
    markClamps(document);
    showAllChosen(document);
    wireProgress();
    wireHtmx();
    wireRotation();
    wirePrint();
  }

  followSystem();
  document.addEventListener("DOMContentLoaded", start);
})();
