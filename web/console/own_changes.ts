/* Changes that one makes to an incident or a matter oneself.  What was done here has been read here: the next act may follow before
 * the first is answered, and before a frame or the sheet tells of it.  It goes out when the first is answered, and names the version
 * that this made of the one that was read.  What anybody else changed in between is found as ever. */
import { change, type Change } from "../shared/api";
import type { CaseRow, Id, Reply } from "../shared/types";

/* One's own changes in a row: `from` was read, and became `to` with nobody else's between. */
export interface OwnRun { id: Id; from: number; to: number }

/* Pure: the version to name for one that was read. */
export const versionNow = (run: OwnRun | null, id: Id, read: number): number =>
  run?.id === id && read >= run.from && read < run.to ? run.to : read;

/* Pure: what a first answer shows, as this change left it.  A repeated request is answered with the record as it is by now, which
 * may hold what others changed; and not every answer shows one. */
export const madeBy = (reply: { replayed: boolean; case?: CaseRow }, id: Id): CaseRow | undefined =>
  !reply.replayed && reply.case?.id === id ? reply.case : undefined;

/* Pure: the row of changes with one more, made to `before`. */
export const withOwn = (run: OwnRun | null, before: number, after: CaseRow): OwnRun =>
  ({ id: after.id, from: run?.id === after.id && run.to === before ? run.from : before, to: after.version });

let own: OwnRun | null = null;
const underWay = new Map<Id, Promise<unknown>>();

/* `read`: the version that was read, where the request does not hold it to one: whoever claims something may do so whatever it has become. */
export function changeOwn(id: Id, request: Change, read = request.ifMatch ?? 0): Promise<Reply<"case">> {
  const send = async (): Promise<Reply<"case">> => {
    const before = versionNow(own, id, read), held = request.ifMatch !== undefined;
    const reply = await change<Reply<"case">>(held ? { ...request, ifMatch: before } : request);
    const made = madeBy(reply, id);
    if (made && (held || made.version === before + 1)) own = withOwn(own, before, made);
    return reply;
  };
  const earlier = underWay.get(id);
  const sent = earlier ? earlier.then(send, send) : send();
  underWay.set(id, sent);
  const over = (): void => { if (underWay.get(id) === sent) underWay.delete(id); };
  sent.then(over, over);
  return sent;
}
