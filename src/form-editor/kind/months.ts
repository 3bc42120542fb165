// How months' names begin, folded, in English, Polish, Spanish and Portuguese; as they are written in full, in Polish also "of March"; and in Polish dates by Roman numbers.
const BEGINNINGS = 'jan sty ene|feb lut fev|mar|apr kwi abr|may maj mai|jun cze|jul lip|aug sie ago|sep wrz set|oct paz out|nov lis|dec gru dic dez'
const WHOLE = [
  'january styczen stycznia enero janeiro|february luty lutego febrero fevereiro|march marzec marca marzo marco|april kwiecien kwietnia abril|may maj maja mayo maio|june czerwiec czerwca junio junho',
  'july lipiec lipca julio julho|august sierpien sierpnia agosto|september wrzesien wrzesnia septiembre setiembre setembro|october pazdziernik pazdziernika octubre outubro|november listopad listopada noviembre novembro|december grudzien grudnia diciembre dezembro'
].join('|')
const ROMAN = 'i|ii|iii|iv|v|vi|vii|viii|ix|x|xi|xii'

const MONTHS = new Map([BEGINNINGS, WHOLE, ROMAN, '||||||||sept'].flatMap(list => list.split('|').flatMap((names, at) => names.split(' ').map(name => [name, at + 1] as const))))

const WEEKDAY = '(?:(?:mon|tue|wed|thu|fri|sat|sun|pon|wt|sr|czw|pt|piat|sob|niedz|lun|mar|mie|jue|vie|sab|dom|seg|ter|qua|qui|sex)\\p{L}*(?:-feira)?\\.?,? )?'
const YEAR = '(?<year>\\d{4})(?: ?r(?:\\.|oku)?)?(?:[ ,t].*\\d:\\d\\d.*)?$'

// The day before the month: "pt., 14 marca 2025 r.", "14-mar-2025", "viernes 14 de marzo de 2025, 10:30". Or behind it: "Friday, March 14th, 2025".
const DAY_FIRST = new RegExp(`^${WEEKDAY}(?<day>\\d{1,2})(?:\\.|º|st|nd|rd|th)?[ ./-] ?(?:de |of )?(?<name>\\p{L}{1,12})(?:\\. |[ .,/-]) ?(?:de |del )?${YEAR}`, 'u')
const MONTH_FIRST = new RegExp(`^${WEEKDAY}(?<name>\\p{L}{3,12})\\.? (?<day>\\d{1,2})(?:st|nd|rd|th)?,? ${YEAR}`, 'u')

/** The day ("2026-11-03") of a text whose month is a word in one of four languages, be it with a time; the text is folded. Undefined when it is none. */
export function dayInWords (text: string): string | undefined {
  const { day, name, year } = (DAY_FIRST.exec(text) ?? MONTH_FIRST.exec(text))?.groups ?? {}
  const month = name && MONTHS.get(name)
  return month ? `${year}-${String(month).padStart(2, '0')}-${day!.padStart(2, '0')}` : undefined
}
