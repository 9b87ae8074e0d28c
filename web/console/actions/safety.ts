/* Crews: whether they are well.  Safety timers, and calls for help. */
import { change } from "../../shared/api";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { CheckInRow, DuressRow, Id, Reply, UnitRow } from "../../shared/types";
import { go, may, me, maySend, mayTake, say } from "../state";
import { sayRefusal } from "../ui/button";
import { Wrong, type Action } from "./action";
import { needUnit, split } from "./lookup";

/* --- safety timers ------------------------------------------------------------------------------------------------- */

const timerPath = (unit: Id): string => `/v1/units/${unit}/check-in`;

export const setTimer: Action<UnitRow, { minutes: number }> = {
  name: "set_timer",
  label: "timer.title",
  predicate: (unit) => maySend() && unit.duty === "on_duty",
  perform: (unit, args) =>
    change<Reply<"check_in">>({
      method: "PUT", path: timerPath(unit.id), body: { every_s: Math.round(args.minutes * 60) },
      label: t("timer.set", { unit: unit.call_sign }),
    }),
  command: {
    verb: "ST",
    aliases: ["timer"],
    args: ["unit", "text"],
    usage: "usage.timer",
    async run(rest) {
      const [name, given] = split(rest);
      if (!name) throw new Wrong(t("command.usage", { usage: t("usage.timer") }));
      const unit = needUnit(name);
      const timer = rows("check_in").get(unit.id);
      if (!given) {
        if (!heard.predicate(unit)) throw new Wrong(t("command.not_allowed"));
        await heard.perform(unit, undefined);
        return t("timer.heard_of", { unit: unit.call_sign });
      }
      if (given.toLowerCase() === "off") {
        if (!timer || !stopTimer.predicate(timer)) throw new Wrong(t("command.not_allowed"));
        await stopTimer.perform(timer, undefined);
        return t("timer.stopped", { unit: unit.call_sign });
      }
      const minutes = Number(given);
      if (!(minutes > 0)) throw new Wrong(t("command.usage", { usage: t("usage.timer") }));
      if (!setTimer.predicate(unit)) throw new Wrong(t("command.not_allowed"));
      await setTimer.perform(unit, { minutes });
      return t("timer.is_set", { unit: unit.call_sign, n: minutes });
    },
  },
};

export const heard: Action<UnitRow> = {
  name: "heard",
  label: "timer.heard",
  predicate: (unit) => (maySend() || me.value?.unit === unit.id) && rows("check_in").has(unit.id),
  perform: (unit) =>
    change<Reply<"check_in">>({ path: timerPath(unit.id), label: t("timer.heard_of", { unit: unit.call_sign }) }),
};

export const stopTimer: Action<CheckInRow> = {
  name: "stop_timer",
  label: "timer.stop",
  predicate: maySend,
  perform: (timer) => change<Reply<"unit">>({ method: "DELETE", path: timerPath(timer.id), label: t("timer.stop") }),
};

/* --- calls for help ------------------------------------------------------------------------------------------------- */

/* Those that wait for somebody, the oldest first. */
export const waitingDuress = (): DuressRow[] =>
  [...rows("duress").values()].filter((each) => each.acknowledged_at_ms === null).sort((a, b) => Number(a.id) - Number(b.id));

/* Of one's own crew; a dispatcher who heard it by radio names the unit. */
export const callForHelp: Action<{ unit: Id | null; call_sign: string }> = {
  name: "call_for_help",
  label: "duress.button",
  predicate: (subject) => (subject.unit ? mayTake() : may("unit") && !!me.value?.unit),
  perform: (subject) =>
    change<Reply<"duress">>({
      path: "/v1/duress", body: subject.unit ? { unit: subject.unit } : {}, label: t("action.duress", { unit: subject.call_sign }),
    }).then((reply) => {
      if (!subject.unit) say(t("duress.sent"));
      return reply;
    }),
  command: {
    verb: "MAYDAY",
    args: ["unit"],
    usage: "usage.duress",
    async run(rest) {
      const unit = needUnit(rest);
      const subject = { unit: unit.id, call_sign: unit.call_sign };
      if (!callForHelp.predicate(subject)) throw new Wrong(t("command.not_allowed"));
      await callForHelp.perform(subject, undefined);
      return t("duress.raised", { unit: unit.call_sign });
    },
  },
};

export const acknowledgeDuress: Action<DuressRow, { note: string }> = {
  name: "acknowledge_duress",
  label: "duress.acknowledge",
  predicate: mayTake,
  perform: (duress, args, key) =>
    change<Reply<"duress">>({
      path: `/v1/duress/${duress.id}/acknowledge`, body: args, label: t("action.duress", { unit: duress.call_sign }),
      ...(key ? { key } : {}),
    }),
  command: {
    verb: "H",
    aliases: ["help"],
    args: ["unit", "text"],
    usage: "usage.help_note",
    async run(rest) {
      const [name, note] = split(rest);
      if (!name || !note) throw new Wrong(t("command.usage", { usage: t("usage.help_note") }));
      const duress = waitingDuress().find((each) => each.call_sign.toLowerCase() === name.toLowerCase());
      if (!duress) throw new Wrong(t("duress.none_waits"));
      if (!acknowledgeDuress.predicate(duress)) throw new Wrong(t("command.not_allowed"));
      await acknowledgeDuress.perform(duress, { note });
      return t("duress.raised", { unit: duress.call_sign });
    },
  },
};

async function openCaseOf(duress: DuressRow): Promise<unknown> {
  const reply = await change<Reply<"case">>({
    path: `/v1/duress/${duress.id}/case`, body: { description: t("duress.description", { unit: duress.call_sign }) },
    label: t("action.duress", { unit: duress.call_sign }),
  });
  go(`/case/${reply.case.id}`);
  return reply;
}

export const duressCase: Action<DuressRow> = {
  name: "duress_case",
  label: "duress.make_case",
  predicate: (duress) => mayTake() && duress.case === null,
  perform: openCaseOf,
  keys: {
    key: "h",
    text: "key.duress_case",
    press: () => {
      const oldest = waitingDuress().find((each) => duressCase.predicate(each));
      if (oldest) void openCaseOf(oldest).catch(sayRefusal);
      else if (mayTake()) say(t("duress.none_waits"), true);
    },
  },
};
