import { folded } from './names.js'

// Signs that stand for nothing: "-", "—", "--", "...", "?", "/".
const SIGNS = /^(?:[-‐‑–—−_.?/\\*] ?)+$/

const all = (list: string) => list.split('|')

// What says by itself that there is nothing, as programs and people write it in English, Polish, Spanish and Portuguese (folded: "N/A" is "n a").
const ALONE = all(
  'n a|na|nd|n d|s d|s n|nan|nil|null|undefined|none|no|nope|nothing|empty|unknown|not applicable|not available|not provided|not given|not known|not set|missing|' +
  'brak|nie|nie ma|nie dotyczy|nie posiada|nie podano|nie podal|nie podala|nie podaje|nie chce podac|niepodany|niepodano|nieznany|nieznana|nieznane|pusty|puste|nic|zaden|' +
  'no tiene|no hay|no posee|no aplica|no consta|no disponible|no facilita|no sabe|ninguno|ninguna|nada|desconocido|desconocida|vacio|' +
  'nao|nao tem|nao ha|nao possui|nao se aplica|nao aplicavel|nao disponivel|nao consta|nao informado|nao informada|nao fornecido|nao sabe|nenhum|nenhuma|desconhecido|desconhecida|vazio')
// Of these what is no answer where one may be "no", "brak" or "unknown".
const NO_ANSWER = all('n a|na|nd|n d|s d|nan|nil|null|undefined|not applicable|not available|not provided|nie dotyczy|nie podano|no aplica|no disponible|nao se aplica|nao aplicavel|nao disponivel|nao informado|nao informada')
const WITHOUT = all('no|without|has no|have no|does not have|doesn t have|brak|bez|nie ma|nie posiada|sin|no tiene|no hay|no posee|sem|nao tem|nao ha|nao possui')
const WHAT = all(
  'e mail|email|mail|e mails|emails|mails|address|e mail address|email address|phone|telephone|mobile|number|phone number|date|data|information|info|' +
  'e maila|emaila|maila|adresu|adresu e mail|adresu email|adresu mailowego|poczty|telefonu|tel|numeru|numeru telefonu|nr|nr telefonu|nr tel|komorki|daty|danych|informacji|' +
  'correo|correo electronico|direccion|telefono|movil|numero|numero de telefono|fecha|datos|informacion|' +
  'correio|correio eletronico|endereco|endereco de e mail|endereco de email|morada|telefone|telemovel|celular|numero de telefone|dados|informacao')

const NOTHING = new Set([...ALONE, ...WITHOUT.flatMap(without => WHAT.map(what => `${without} ${what}`))])
const LONGEST = 40

/** Whether a cell says in signs or in words of four languages that there is nothing: "-", "n/a", "brak telefonu", "sin correo", "não tem". Not asked of names, which may be such words. */
export function saysNothing (cell: string): boolean {
  if (cell.length > LONGEST) return false
  return SIGNS.test(cell) || (!/[@\d]/.test(cell) && NOTHING.has(folded(cell)))
}

// Of these what companies are called too.
const COMPANIES = all('nil|nothing|nic|nada')
// And what a tag may say.
const TAGS = new Set([...COMPANIES, ...all(
  'nope|empty|unknown|not known|missing|nieznany|nieznana|nieznane|pusty|puste|zaden|desconocido|desconocida|vacio|no sabe|desconhecido|desconhecida|vazio|nao sabe')])

/** The same of a tag, which may be "Unknown". */
export const saysNoTag = (cell: string): boolean => saysNothing(cell) && !TAGS.has(folded(cell))

/** The same of a company, which may be called "Nada". */
export const saysNoCompany = (cell: string): boolean => saysNothing(cell) && !COMPANIES.includes(folded(cell))

/** The same of a language: Norwegian is "no". */
export const saysNoLanguage = (cell: string): boolean => saysNothing(cell) && folded(cell) !== 'no'

/** The same in signs alone. */
export const saysNothingInSigns = (cell: string): boolean => cell.length <= LONGEST && SIGNS.test(cell)

/** Whether a cell of choices says that none was made; "no", "brak" and "unknown" may be one. */
export const saysNoChoice = (cell: string): boolean => cell.length <= LONGEST && (SIGNS.test(cell) || (!/[@\d]/.test(cell) && NO_ANSWER.includes(folded(cell))))

// Codes of countries and states (Norway, Navarra, North Dakota), and houses that have no number.
const PLACE = /^(?:\p{L}{2}|s n|no number|sin numero|sem numero|bez numeru)$/u

/** Whether a cell of an address, or of a part of one, says that there is nothing. */
export const saysNoPlace = (cell: string): boolean => saysNothing(cell) && !PLACE.test(folded(cell))
