import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import { go, may, me } from "../state";
import type { Action } from "./action";

export interface Steer { pace_percent?: number; paused?: boolean; stopped?: boolean }

/* An exercise at a training desk: faster, slower, halted, ended. */
export const steerExercise: Action<void, Steer> = {
  name: "steer_exercise",
  label: "exercise.title",
  predicate: () => !!me.value?.training && may("supervisor", "admin"),
  perform: (_, args) => change({ method: "PATCH", path: "/v1/exercises/current", body: args, label: t("exercise.change") }),
  command: {
    verb: "EX",
    args: [],
    usage: "usage.exercise",
    run() {
      go("/exercise");
      return Promise.resolve(t("exercise.title"));
    },
  },
};
