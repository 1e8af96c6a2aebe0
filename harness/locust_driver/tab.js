// What the tab "Contacts" shows, and the page before the first start: Locust's own tables know neither links nor order.
"use strict";

const panel = document.createElement("section");
panel.id = "contactbench";
panel.style.cssText = "font:16px Roboto,Arial,sans-serif;max-width:900px;margin:24px auto;padding:0 24px";

function element(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  made.append(...[content].flat());
  Object.assign(made, attributes);
  return made;
}

function paragraph(content) {
  const made = element("p", content);
  made.style.margin = "8px 0"; // Locust's own styles have none
  return made;
}

function draw(status) {
  const bar = element("progress", [], { max: Math.max(status.of, 1), value: status.done, ariaLabel: "leads mapped" });
  bar.style.cssText = "width:100%;height:20px";
  const text = element("pre", status.text);
  text.style.cssText = "white-space:pre-wrap;overflow-wrap:anywhere;font:14px monospace";
  const cells = ({ name, value }) => element("tr", [element("th", name, { scope: "row" }), element("td", value)]);
  const table = element("table", status.rows.map(cells));
  table.querySelectorAll("th").forEach((cell) => (cell.style.cssText = "text-align:left;font-weight:400;padding:4px 24px 4px 0"));
  const link = (note) => {
    const shown = note.href ? element("a", note.text, { href: note.href, target: "_blank" }) : note.text;
    if (note.href) shown.style.color = "inherit";
    return paragraph(shown);
  };
  const parts = [element("h2", status.heading, { role: "status" })];
  if (status.of) parts.push(bar, paragraph(`${status.done.toLocaleString("en")} of ${status.of.toLocaleString("en")} leads mapped`));
  panel.replaceChildren(...parts, ...status.notes.map(link), text, table);
}

function place() {
  const selected = document.querySelector("[role=tab][aria-selected=true]");
  const main = document.querySelector("main");
  if (main && main.lastElementChild !== panel) main.append(panel);
  panel.hidden = Boolean(selected) && selected.textContent.trim() !== "Contacts";
  const host = document.querySelector("main form input[name=host]"); // it comes from the command line
  if (host) Object.assign(host, { readOnly: true, title: "--host of the command line" });
}

async function look() {
  const answer = await fetch("./contactbench/run").catch(() => null);
  if (answer && answer.ok) draw(await answer.json());
}

setInterval(place, 200);
setInterval(() => panel.hidden || look(), 1000);
look();
