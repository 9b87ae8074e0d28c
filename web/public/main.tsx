import { render } from "preact";
import { retryPending } from "../shared/api";
import { dropOldDrafts } from "../shared/drafts";
import { App } from "./app";
import { listenToMoves } from "./route";
import "./styles/public.css";

listenToMoves();
window.addEventListener("online", retryPending);
try {
  dropOldDrafts(Date.now());
} catch {
  /* Storage is forbidden here; the forms say that nothing is kept. */
}
const root = document.getElementById("app");
if (root) render(<App />, root);
