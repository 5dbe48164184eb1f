// What plain HTML cannot do: times in the reader's zone, theme, keys, and a calm live refresh.
(function () {
  "use strict";
  var root = document.documentElement;

  function remember(name, value) {
    var secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = name + "=" + encodeURIComponent(value) + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
  }

  // Times: the server writes them in this zone from the second page on, so that nothing moves.
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) { remember("console_zone", zone); }
  var shapes = {
    full: { dateStyle: "medium", timeStyle: "short" },
    time: { hour: "2-digit", minute: "2-digit" },
    date: { day: "numeric", month: "short" },
    day: { weekday: "long", day: "numeric", month: "long", year: "numeric" }
  };
  var here = (navigator.languages || []).find(function (tag) { return tag.split("-")[0] === root.lang; }) || root.lang;
  function ago(when) {
    var seconds = Math.max(0, (Date.now() - when) / 1000);
    var steps = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [86400 * 14, 86400, "day"]];
    if (seconds < 45) { return new Intl.RelativeTimeFormat(here, { numeric: "auto" }).format(0, "second"); }
    for (var i = 1; i < steps.length; i += 1) {
      if (seconds < steps[i][0]) {
        return new Intl.RelativeTimeFormat(here, { style: "short" }).format(-Math.max(1, Math.round(seconds / steps[i][1])), steps[i][2]);
      }
    }
    return new Intl.DateTimeFormat(here, { dateStyle: "medium" }).format(when);
  }
  function times(within) {
    within.querySelectorAll("time[data-shape]").forEach(function (el) {
      var when = new Date(el.dateTime);
      if (isNaN(when)) { return; }
      var shape = el.dataset.shape;
      el.textContent = shape === "ago" ? ago(when) : new Intl.DateTimeFormat(here, shapes[shape]).format(when);
      if (shape !== "full") { el.title = new Intl.DateTimeFormat(here, shapes.full).format(when); }
    });
  }

  // The reply window runs down while the page is open.
  function countdown() {
    document.querySelectorAll("[data-until]").forEach(function (el) {
      var left = Math.floor((new Date(el.dataset.until) - Date.now()) / 60000);
      el.textContent = left > 0 ? el.dataset.open.replace("%h", Math.floor(left / 60)).replace("%m", left % 60) : el.dataset.shut;
      el.classList.toggle("window-shut", left <= 0);
    });
  }

  // A canned phrase goes where the cursor stands; without this script its link fills the box.
  document.addEventListener("click", function (event) {
    var phrase = event.target.closest && event.target.closest("[data-phrase]");
    var box = phrase && document.getElementById("reply-text");
    if (!box) { return; }
    event.preventDefault();
    var before = box.value.slice(0, box.selectionStart);
    var gap = before && !/\s$/.test(before) ? " " : "";
    box.setRangeText(gap + phrase.dataset.phrase, box.selectionStart, box.selectionEnd, "end");
    phrase.closest("details").open = false;
    box.focus();
  });

  // Theme: a cookie, so that the server paints the right one at once.
  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  document.querySelectorAll("[data-theme-toggle]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      root.dataset.theme = dark() ? "light" : "dark";
      remember("console_theme", root.dataset.theme);
    });
  });

  // Keys: j and k walk the rows, "/" searches. Never while somebody is typing.
  function typing(el) { return el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)); }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "Escape") {
      var close = document.querySelector(".fix [data-cancel]");
      if (close) { close.click(); }
      return;
    }
    if (typing(event.target)) { return; }
    if (event.key === "/") {
      var search = document.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
      return;
    }
    if (event.key !== "j" && event.key !== "k") { return; }
    var rows = Array.prototype.slice.call(document.querySelectorAll("[data-row]"));
    if (!rows.length) { return; }
    var at = rows.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    rows[Math.min(rows.length - 1, Math.max(0, at))].focus();
    event.preventDefault();
  });

  // Control+Enter sends a form written in a text area.
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.tagName === "TEXTAREA" && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });

  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.matches("[data-submit-on-change]") && event.target.tagName === "SELECT") { form.requestSubmit(); }
  });

  // A page that is submitted twice by an impatient hand sends one form.
  document.addEventListener("submit", function (event) {
    if (event.target.dataset.sending) { event.preventDefault(); return; }
    if (event.target.method === "post" && !event.target.hasAttribute("hx-post")) {
      event.target.dataset.sending = "1";
    }
  });

  // A page the browser kept and shows again takes forms anew.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sending]").forEach(function (form) { delete form.dataset.sending; });
  });

  // Live parts: not swapped under somebody's hands; opened details stay open.
  var open = [];
  function busy(part) {
    var active = document.activeElement;
    return Boolean(part.querySelector(".fix")) || (part.contains(active) && typing(active)) ||
      Array.prototype.some.call(part.querySelectorAll("textarea"), function (t) { return t.value !== t.defaultValue; });
  }
  document.addEventListener("htmx:beforeRequest", function (event) {
    var part = event.detail.elt;
    if (part.hasAttribute("data-live") && (document.hidden || busy(part))) { event.preventDefault(); }
  });
  document.addEventListener("htmx:configRequest", function (event) {
    var part = event.detail.elt;
    if (part.hasAttribute("data-live")) {
      event.detail.headers["X-Poll"] = "1";
      event.detail.headers["X-Seen"] = part.dataset.seen || "";
    }
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    var part = event.detail.target;
    // The event's own element is the target; who asked stands in the request.
    var asker = event.detail.requestConfig.elt;
    if (asker.hasAttribute("data-live") && busy(part)) { event.detail.shouldSwap = false; }
    open = Array.prototype.map.call(part.querySelectorAll("details[open][id]"), function (d) { return d.id; });
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    var seen = event.detail.xhr && event.detail.xhr.getResponseHeader("X-Seen");
    var part = seen && document.getElementById(event.detail.target.id);
    if (part) { part.dataset.seen = seen; }
    open.forEach(function (id) { var d = document.getElementById(id); if (d) { d.open = true; } });
    open = [];
    times(document);
    countdown();
  });
  document.addEventListener("htmx:load", function (event) {
    var first = event.detail.elt.querySelector && event.detail.elt.querySelector("[data-focus]");
    if (first) { first.focus(); }
  });
  var lost = document.getElementById("lost");
  document.addEventListener("htmx:sendError", function () {
    if (lost) { lost.textContent = lost.dataset.text; lost.className = "lost"; }
  });
  document.addEventListener("htmx:afterOnLoad", function () {
    if (lost && lost.className === "lost") { lost.textContent = ""; lost.className = "unseen"; }
  });

  times(document);
  countdown();
  setInterval(function () { if (!document.hidden) { times(document); countdown(); } }, 20000);
}());
