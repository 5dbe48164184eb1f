// The browser chat. Shows what the service's transcript says, in its order; what the person sends
// is shown at once and matched to the transcript by an id of ours. No text is kept in the browser.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const words = JSON.parse(document.body.dataset.texts);
  const room = document.querySelector(".room");
  const log = $("log"), typing = $("typing"), notice = $("notice"), text = $("text");
  const KEY = "intake.conversation";
  const LARGEST = 20_000_000;
  const POLL_SECONDS = 20;

  const randomId = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  const memory = {
    get() { try { return localStorage.getItem(KEY); } catch { return null; } },
    set(value) { try { localStorage.setItem(KEY, value); } catch { /* private mode: this tab only */ } },
  };

  let conversation, seq, lastAuthor, waiting, mine, round = 0;
  const address = () => `/webchat/${conversation}/messages`;

  function begin(fresh) {
    conversation = (!fresh && memory.get()) || randomId();
    memory.set(conversation);
    seq = 0; lastAuthor = null; waiting = 0; mine = new Map(); round += 1;
    log.replaceChildren();
    showTyping(); showCase(null); say(null);
    $("welcome").hidden = false; $("start").hidden = false; $("new").hidden = true;
    refresh().then(() => listen(round));
  }

  // ---- showing ------------------------------------------------------------------------------
  const nearEnd = () => room.scrollHeight - room.scrollTop - room.clientHeight < 120;
  // A long answer is shown from its first line, not from its last.
  function toEnd(first) {
    const end = room.scrollHeight - room.clientHeight;
    room.scrollTop = first ? Math.min(end, first.offsetTop - 12) : end;
    $("latest").hidden = room.scrollTop >= end - 120;
  }

  function showTyping() {
    const stay = nearEnd();
    typing.hidden = waiting === 0;
    if (stay) toEnd();
  }

  function say(message, warn = false) {
    notice.hidden = !message;
    notice.textContent = message || "";
    notice.classList.toggle("warn", warn);
  }

  function showCase(number) {
    $("case").hidden = !number;
    const whole = document.createElement("span");
    whole.textContent = number || "";
    $("case").replaceChildren(number ? `${words.case}: ` : "", whole);
  }

  const NAMES = { patient: words.you, bot: words.assistant, coordinator: words.coordinator };

  function add(author, content, files, name) {
    const item = document.createElement("div");
    item.className = `said ${author}`;
    if (author === "patient") item.classList.add("mine");
    const who = document.createElement("span");
    who.className = "who";
    who.textContent = name || NAMES[author];
    if (author !== lastAuthor) item.classList.add("turn");
    else who.classList.add("unseen");
    lastAuthor = author;
    const bubble = document.createElement("div");
    bubble.className = "bubble";
    for (const file of files || []) bubble.append(fileMark(file));
    if (content) {
      const body = document.createElement("span");
      body.className = "words";
      body.dir = "auto";
      body.textContent = content;
      bubble.append(body);
    }
    item.append(who, bubble);
    log.append(item);
    $("start").hidden = true; $("new").hidden = false;
    return item;
  }

  function fileMark(file) {
    const mark = document.createElement(file.url ? "a" : "span");
    mark.className = "file";
    mark.textContent = file.name || words.file;
    if (file.url) { mark.href = file.url; mark.download = file.name || ""; }
    return mark;
  }

  function offer(item, buttons) {
    const choices = document.createElement("div");
    choices.className = "choices";
    choices.setAttribute("role", "group");
    choices.setAttribute("aria-label", words.choices);
    for (const { title, token } of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.dir = "auto";
      button.textContent = title;
      button.addEventListener("click", (event) => {
        if (event.detail === 0) text.focus(); // pressed by keyboard: the buttons are about to go
        send({ button: token }, title);
      });
      choices.append(button);
    }
    item.append(choices);
  }

  const withdrawChoices = () => log.querySelectorAll(".choices").forEach((c) => c.remove());

  function show(lines) {
    const stay = nearEnd(), history = seq === 0;
    let heard = null; // the first message that is new to the person
    for (const line of lines) {
      if (line.seq <= seq) continue;
      seq = line.seq;
      if (line.author === "patient") {
        withdrawChoices();
        const sent = line.id && mine.get(line.id);
        if (sent) { settle(sent); mine.delete(line.id); } else add("patient", line.text, line.files);
        continue;
      }
      const item = add(line.author, line.text, line.files, line.name);
      heard ??= item;
      if (line.buttons.length) { withdrawChoices(); offer(item, line.buttons); }
    }
    if (history || stay || !heard) toEnd(history ? null : heard);
    else $("latest").hidden = false;
    if (heard) say(null);
  }

  // ---- talking to the service ---------------------------------------------------------------
  async function refresh(wait = 0) {
    const now = conversation;
    const response = await fetch(`${address()}?after=${seq}&wait=${wait}`, { headers: { accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    if (now !== conversation) return;
    show(answer.messages);
    showCase(answer.case);
  }

  async function listen(current) {
    let pause = 1;
    while (current === round) {
      if (document.hidden) {
        await new Promise((go) => document.addEventListener("visibilitychange", go, { once: true }));
        continue;
      }
      try {
        await refresh(POLL_SECONDS);
        pause = 1;
      } catch {
        if (!navigator.onLine) say(words.offline, true);
        await new Promise((go) => setTimeout(go, pause * 1000));
        pause = Math.min(pause * 2, 30);
      }
    }
  }

  function settle(item) {
    item.classList.remove("sending");
    item.querySelector(".fate")?.remove();
  }

  function send(message, shown, file) {
    withdrawChoices();
    const id = randomId();
    const item = add("patient", file ? "" : shown, file ? [{ name: file.name }] : []);
    mine.set(id, item);
    toEnd();
    deliver(id, item, message, file);
  }

  async function deliver(id, item, message, file) {
    const now = conversation;
    item.classList.add("sending");
    item.querySelector(".fate")?.remove();
    waiting += 1; showTyping();
    try {
      const response = await fetch(address(), request(id, message, file));
      if (now !== conversation) return;
      if (!response.ok) { failed(id, item, message, file, await reason(response)); return; }
      settle(item);
      if (response.status === 202) say(words.waiting);
      await refresh().catch(() => {});
    } catch {
      if (now === conversation) failed(id, item, message, file, words.not_sent);
    } finally {
      if (now === conversation) { waiting -= 1; showTyping(); }
    }
  }

  function request(id, message, file) {
    if (!file) {
      return {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...message, id }),
      };
    }
    const form = new FormData();
    form.append("id", id);
    form.append("file", file, file.name);
    return { method: "POST", body: form };
  }

  async function reason(response) {
    try { return (await response.json()).error || words.not_sent; } catch { return words.not_sent; }
  }

  function failed(id, item, message, file, why) {
    const fate = document.createElement("div");
    fate.className = "fate";
    fate.setAttribute("role", "alert");
    fate.textContent = why;
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = words.try_again;
    const retry = () => { window.removeEventListener("online", retry); deliver(id, item, message, file); };
    again.addEventListener("click", retry);
    window.addEventListener("online", retry, { once: true });
    fate.append(again);
    item.append(fate);
    toEnd();
  }

  // ---- the person's hands -------------------------------------------------------------------
  function fit() {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight + 2, 152)}px`;
  }

  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = text.value.trim();
    if (!typed) { text.focus(); return; }
    text.value = "";
    fit();
    send({ text: typed }, typed);
  });
  text.addEventListener("input", fit);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      $("composer").requestSubmit();
    }
  });
  $("attach").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    const [file] = $("file").files;
    $("file").value = "";
    if (!file) return;
    if (file.size > LARGEST) { say(words.too_large, true); return; }
    say(null);
    send({}, "", file);
  });
  $("start").addEventListener("click", () => { send({ text: words.hello }, words.hello); text.focus({ preventScroll: true }); });
  $("new").addEventListener("click", () => $("ask").showModal());
  $("ask").addEventListener("close", () => {
    if ($("ask").returnValue === "yes") { begin(true); text.focus(); }
    $("ask").returnValue = "";
  });
  $("latest").addEventListener("click", () => toEnd());
  room.addEventListener("scroll", () => { if (nearEnd()) $("latest").hidden = true; }, { passive: true });
  window.addEventListener("online", () => say(null));

  begin(false);
})();
