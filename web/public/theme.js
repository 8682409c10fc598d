// Before the first paint, so that a dark screen does not flash white. Its own file because inline scripts are forbidden.
(() => {
  let choice = "system";
  try {
    choice = localStorage.getItem("tarun.theme") || "system";
  } catch {}
  const dark =
    choice === "dark" || (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
