import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { DeskPositionRow, Reply } from "../../shared/types";
import { mySeat, needSeat } from "../shift_model";
import { may, mayTake, me } from "../state";
import { Wrong, type Action } from "./action";
import { split } from "./lookup";

const step = (seat: DeskPositionRow, what: "log-on" | "log-off"): Promise<Reply<"desk_position">> =>
  change<Reply<"desk_position">>({ path: `/v1/desk-positions/${seat.id}/${what}`, label: t("action.seat", { code: seat.code }) });

export const logOn: Action<DeskPositionRow> = {
  name: "seat",
  label: "seat.choose",
  predicate: (seat) => mayTake() && seat.operator === null,
  perform: (seat) => step(seat, "log-on"),
  command: {
    verb: "SEAT",
    aliases: ["席位"],
    args: ["text"],
    usage: "usage.seat",
    async run(rest) {
      const [first, second] = split(rest);
      if (!first) throw new Wrong(t("command.usage", { usage: t("usage.seat") }));
      if (!mayTake()) throw new Wrong(t("command.not_allowed"));
      if (first.toLowerCase() === "off") {
        const seat = second ? needSeat(second) : mySeat.peek();
        if (!seat) throw new Wrong(t("seat.nowhere"));
        await logOff.perform(seat);
        return t("seat.logged_off", { code: seat.code });
      }
      const seat = needSeat(first);
      await logOn.perform(seat);
      return t("seat.logged_on", { code: seat.code });
    },
  },
};

/* One's own; a supervisor's, anybody's. */
export const logOff: Action<DeskPositionRow> = {
  name: "leave_seat",
  label: "seat.leave",
  predicate: (seat) => seat.operator !== null && (seat.operator === me.value?.operator ? mayTake() : may("supervisor")),
  perform: (seat) => step(seat, "log-off"),
};
