"use strict";
// All of the page can be read without this: it only adds filter, sort and copy.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const status = make("p", { className: "remark" });
  status.setAttribute("role", "status");

  // Copy
  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = make("textarea", { value: text });
      document.body.append(area);
      area.select();
      const isDone = document.execCommand("copy");
      area.remove();
      return isDone;
    }
  };
  const copyButton = (label, text) => {
    const button = make("button", { type: "button", textContent: "Copy" });
    button.setAttribute("aria-label", label);
    button.addEventListener("click", async () => {
      const isDone = await copied(text());
      button.textContent = isDone ? "Copied" : "Select it yourself";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    return button;
  };
  for (const code of all(".checks code")) {
    code.after(" ", copyButton(`Copy the command ${code.textContent}`, () => code.textContent));
  }
  for (const ticket of all(".ticket")) {
    const button = copyButton("Copy this incident as Markdown", () => ticket.textContent);
    const label = make("p", { className: "tools" }, button, "as Markdown");
    ticket.closest("article").querySelector(".verdict").after(label);
  }

  // Sort
  const ranks = { NOTE: 0, WARNING: 1, ERROR: 2 };
  const key = (row, column) => {
    const text = row.cells[column].textContent;
    const number = Number(text.replaceAll(",", ""));
    return ranks[text] ?? (text !== "" && !Number.isNaN(number) ? number : text);
  };
  for (const table of all("table.incidents, table.list")) {
    if (table.tBodies[0].rows.length < 2) continue;
    for (const head of all("thead th", table)) {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const isRising = head.getAttribute("aria-sort") !== "ascending";
        for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", isRising ? "ascending" : "descending");
        const order = (left, right) =>
          typeof left === "number" && typeof right === "number"
            ? left - right : String(left).localeCompare(String(right), "en");
        const body = table.tBodies[0];
        const rows = Array.from(body.rows, (row) => [key(row, head.cellIndex), row]);
        rows.sort((left, right) => (isRising ? 1 : -1) * order(left[0], right[0]));
        body.append(...rows.map((row) => row[1]));
      });
    }
  }

  // Filter
  const lines = all("table.incidents tbody tr, main > article, .further > li");
  if (all("table.incidents").length > 0) {
    const field = make("input", { type: "search", id: "filter" });
    const boxes = Object.keys(ranks).reverse().map((name) => {
      const box = make("input", { type: "checkbox", checked: true, value: name.toLowerCase() });
      return [box, make("label", {}, box, ` ${name}`)];
    });
    const apply = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kinds = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
      for (const line of lines) {
        const isOfKind = kinds.some((kind) => line.classList.contains(kind));
        const text = isOfKind && words.length > 0 ? line.textContent.toLowerCase() : "";
        line.hidden = !isOfKind || !words.every((word) => text.includes(word));
      }
      const rows = all("table.incidents tbody tr");
      status.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} lines shown`;
    };
    field.addEventListener("input", apply);
    for (const [box] of boxes) box.addEventListener("change", apply);
    const label = make("label", { htmlFor: "filter" }, "Filter");
    const tools = make("div", { className: "tools" }, label, field, ...boxes.map((box) => box[1]), status);
    document.querySelector("table.incidents").closest(".wide").before(tools);
  }

  // A closed table would not be printed.
  addEventListener("beforeprint", () => { for (const details of all("details")) details.open = true; });
})();
