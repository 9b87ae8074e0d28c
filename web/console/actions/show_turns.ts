import { row } from "../../shared/board";
import { t } from "../../shared/i18n";
import { positions } from "../../shared/positions";
import type { UnitRow } from "../../shared/types";
import { tool } from "../map/tools";
import { turnsOf } from "../map/ways";
import { shownOnMap } from "../map/windows";
import { Wrong, type Action } from "./action";
import { needUnit } from "./lookup";

/* "W A-101": the unit's way to the shown incident, on the map and turn by turn. */
export const showTurns: Action<UnitRow> = {
  name: "show_turns",
  label: "map.turns_show",
  predicate: (unit) => {
    const shown = shownOnMap.value, at = shown ? row("case", shown) : undefined;
    return typeof at?.lat === "number" && positions.value.has(unit.id);
  },
  perform(unit) {
    turnsOf.value = unit.id;
    tool.value = "turns";
    return Promise.resolve();
  },
  command: {
    verb: "W",
    args: ["unit"],
    usage: "usage.turns",
    async run(rest) {
      const name = rest.trim();
      if (!name) throw new Wrong(t("command.usage", { usage: t("usage.turns") }));
      const unit = needUnit(name), shown = shownOnMap.peek(), at = shown ? row("case", shown) : undefined;
      if (typeof at?.lat !== "number") throw new Wrong(t("map.cordon_no_case"));
      if (!positions.peek().has(unit.id)) throw new Wrong(t("map.turns_no_position", { unit: unit.call_sign }));
      await showTurns.perform(unit);
      return t("map.turns_shown", { unit: unit.call_sign });
    },
  },
};
