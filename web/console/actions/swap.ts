import { row as rowOf } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { AssignmentRow, Id } from "../../shared/types";
import { isActive } from "../../shared/words";
import { changeOwn } from "../own_changes";
import { callSign, maySend } from "../state";
import type { Action } from "./action";

export const swap: Action<AssignmentRow, { unit: Id }> = {
  name: "swap",
  label: "sheet.swap",
  predicate: (assignment) => maySend() && isActive(assignment.state),
  perform: (assignment, args, key) =>
    changeOwn(assignment.case, {
      path: `/v1/assignments/${assignment.id}/swap`,
      body: { unit: args.unit },
      ifMatch: rowOf("case", assignment.case)?.version ?? 0,
      label: t("action.swap", { unit: callSign(assignment.unit) }),
      ...(key ? { key } : {}),
    }),
};
