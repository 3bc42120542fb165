// Where somebody's own words end: what they answer, as their program puts it under them, in the languages there are; a signature.
const ENDS = [
  /^\s*>/,
  /^-- ?$/,
  /^_{10,}\s*$/,
  /^\s*-{2,}\s*(original message|mensaje original|mensagem original|wiadomość oryginalna|oryginalna wiadomość|ursprüngliche nachricht|message d'origine)/i,
  /^\s*(on|el|em|le|am|il|w dniu|dnia|a)\s.{4,200}(wrote|escribió|escreveu|a écrit|schrieb|ha scritto|napisał|napisała|napisał\(a\)|pisze)\s*:?\s*$/i,
  /^\s*.{4,200}<[^<>\s]+@[^<>\s]+>\s*(wrote|escribió|escreveu|napisał|napisała|napisał\(a\))?\s*:\s*$/i,
  /^\s*\*?(from|de|od|von)\*?:\s.*@/i,
  /^\s*(sent from|get outlook|sent with|wysłano z|wysłane z|enviado desde|enviado do|enviado a partir|enviado del|obtener outlook|obter o outlook|pobierz)\b/i
]

/** What somebody wrote themselves: a letter without what it answers and without its signature. */
export function ownWords (text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  // The line that says who wrote what may be broken in two.
  const end = lines.findIndex((line, n) => ENDS.some(pattern => pattern.test(line)) || (lines[n + 1] !== undefined && lines[n + 1]!.length < 80 && ENDS[4]!.test(`${line} ${lines[n + 1]}`)))
  return (end === -1 ? lines : lines.slice(0, end)).join('\n').trim()
}
