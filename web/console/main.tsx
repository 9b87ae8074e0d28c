import { render } from "preact";
import { startTicking } from "../shared/time";
import { App } from "./app";
import { listenToKeys } from "./keys";
import { followSheet } from "./sheet_model";
import { begin } from "./state";
import "./styles/app.css";

startTicking();
listenToKeys();
followSheet();
const root = document.getElementById("app");
if (root) render(<App />, root);
void begin();
