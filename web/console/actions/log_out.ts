import { plain } from "../../shared/api";
import { leave } from "../state";
import type { Action } from "./action";

export const logOut: Action<void> = {
  name: "log_out",
  label: "app.log_out",
  predicate: () => true,
  async perform() {
    await plain("DELETE", "/v1/sessions/current");
    leave();
  },
};
