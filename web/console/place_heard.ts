/* Where the caller says it is: a house or a crossing in the words that came with the call, to be looked up instead of
 * typed again.  Pure. */

const NAME = "[\\p{Script=Han}\\d]{1,10}?(?:路|街|巷|道|胡同|弄)";
const crossing = new RegExp(`(${NAME})(?:与|與|和|跟)(${NAME})`, "u");
const house = new RegExp(`(${NAME})(\\d+)[号號]`, "u");
const latin = /\b\d+ (?:[A-Z][\w'’]+ ){1,3}(?:Street|Road|Avenue|Lane|Square|Drive|Way|Alley)\b/;

/* "我的电动车在解放路" -> "解放路" */
const bare = (name: string): string => name.replace(/^.*[在从從到于於]/u, "");

/* As the address index is asked for it; "" when nothing of the kind is said. */
export function placeHeard(text: string): string {
  const both = crossing.exec(text);
  if (both?.[1] && both[2]) return `${bare(both[1])} / ${both[2]}`;
  const one = house.exec(text);
  if (one?.[1] && one[2]) return `${bare(one[1])}${one[2]}号`;
  return latin.exec(text)?.[0] ?? "";
}
