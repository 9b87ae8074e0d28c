import { go } from "../state";
import type { Action } from "./action";

export const showMap: Action<void> = {
  name: "show_map",
  label: "map.title",
  predicate: () => true,
  perform() {
    go("/map");
    return Promise.resolve();
  },
  keys: { key: "m", text: "key.map", press: () => void showMap.perform() },
};
