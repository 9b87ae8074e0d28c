/* All actions.  Keys and the command line look here; a new action is a new file and a line. */
import { t } from "../../shared/i18n";
import { abandon } from "./abandon";
import { act } from "./act";
import { migrate, ratingCheck, separate } from "./mend_matter";
import { newMatter } from "./new_matter";
import { publishEdition } from "./publish_edition";
import { showMatters } from "./show_matters";
import { Wrong, type Action } from "./action";
import { pauseChannel, resend, setChannel, setSecret } from "./alerts";
import { answer } from "./answer";
import { answerNext } from "./answer_next";
import { assign } from "./assign";
import { attach } from "./attach";
import { branch } from "./branch";
import { changeCase } from "./change_case";
import { changeClosure } from "./change_closure";
import { claim } from "./claim";
import { closeCase } from "./close_case";
import { confirmClock } from "./confirm_clock";
import { closeRoad } from "./close_road";
import { enterPaper } from "./enter_paper";
import { steerExercise } from "./steer_exercise";
import { locate } from "./locate";
import { printPage } from "./print_page";
import { dispatch } from "./dispatch";
import { duty } from "./duty";
import { endContact } from "./end_contact";
import { importFile } from "./import_file";
import { liftClosure } from "./lift_closure";
import { linkCase } from "./link_case";
import { logOut } from "./log_out";
import { makeAgency } from "./make_agency";
import { makeOperator } from "./make_operator";
import { makeUnit } from "./make_unit";
import { merge } from "./merge";
import { newLink } from "./new_link";
import { note } from "./note";
import { publishClasses } from "./publish_classes";
import { planCordon } from "./plan_cordon";
import { quiet } from "./quiet";
import { openCase } from "./open_case";
import { addDevice, deviceSecret, retireDevice } from "./device";
import { acknowledgeDuress, callForHelp, duressCase, heard, setTimer, stopTimer } from "./safety";
import { reopen } from "./reopen";
import { setAccount } from "./set_account";
import { showCase } from "./show_case";
import { showMap } from "./show_map";
import { showReach } from "./show_reach";
import { showTurns } from "./show_turns";
import { status } from "./status";
import { arrange } from "./surge";
import { swap } from "./swap";
import { takeContact } from "./take_contact";
import { misdial, nuisance, silent } from "./one_key";
import { noteLanguage } from "./note_language";
import { ringBack } from "./ring_back";
import { crewOff, crewOn } from "./crew";
import { dutyBulk } from "./duty_bulk";
import { leaveNote, takeNote } from "./handover_note";
import { endLevel, raiseLevel } from "./level";
import { cancelStint, planShift } from "./plan_shift";
import { logOff, logOn } from "./seat";
import { setLevel, setPosition, setRule } from "./set_shift_house";
import { showShift } from "./show_shift";
import { takeCall } from "./take_call";
import { takeOver } from "./take_over";

type Listed = Pick<Action<never, never>, "name" | "label" | "keys" | "command">;

export const actions: readonly Listed[] = [
  dispatch, status, note, openCase, attach, closeCase, showCase, duty, answerNext, takeContact, assign, quiet, answer,
  abandon, endContact, changeCase, claim, reopen, merge, linkCase, branch, swap, makeAgency, makeUnit, makeOperator,
  setAccount, publishClasses, logOut,
  showMap, closeRoad, changeClosure, liftClosure, showReach, planCordon, showTurns, arrange,
  act, newMatter, showMatters, separate, migrate, ratingCheck, publishEdition,
  takeCall, nuisance, misdial, silent, ringBack, noteLanguage,
  printPage, enterPaper, steerExercise, locate,
  importFile, newLink,
  logOn, logOff, showShift, takeOver, dutyBulk, crewOn, crewOff, planShift, cancelStint, leaveNote, takeNote, raiseLevel, endLevel,
  setPosition, setLevel, setRule,
  callForHelp, acknowledgeDuress, duressCase, setTimer, heard, stopTimer, addDevice, retireDevice, deviceSecret,
  setChannel, pauseChannel, setSecret, resend, confirmClock,
];

export const commands = actions.flatMap((action) => (action.command ? [action.command] : []));
export const keyed = actions.flatMap((action) => (action.keys ? [action.keys] : []));

/* One line of the command line; answers with what was done. */
export function runLine(line: string): Promise<string> {
  const text = line.replace(/^[\s/]+/, "").trim(); /* "/" only brings one here */
  const verb = /^\S+/.exec(text)?.[0] ?? "";
  const lower = verb.toLowerCase();
  const command = commands.find((each) => each.verb.toLowerCase() === lower || each.aliases?.includes(lower));
  if (!command) {
    const known = commands.map((each) => each.verb).join(", ");
    return Promise.reject(new Wrong(t("command.unknown", { text: verb, known })));
  }
  return command.run(text.slice(verb.length).trim());
}
