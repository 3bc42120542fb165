import { CONSENT_CHANNELS, type ConsentChannel, type How } from '../../src/clients/consents/consent.js'
import type { Db } from '../../src/database/knex.js'
import { LANGUAGES, type Language } from '../../src/web/viewer.js'

/** A text that clients of the shop agreed to from some day on. */
export interface DemoWording { id: number, channel: ConsentChannel, since: Date }

const NAMES: Record<ConsentChannel, string> = { whatsapp: 'WhatsApp', viber: 'Viber', sms: 'SMS', email: 'e-mail' }

const TEXTS: Record<Language, (company: string, channel: string) => string> = {
  en: (company, channel) => `I agree that ${company} writes to me by ${channel} about my repairs and about offers. I can withdraw this at any time, at the counter or by an answer.`,
  es: (company, channel) => `Acepto que ${company} me escriba por ${channel} sobre mis reparaciones y sus ofertas. Puedo retirarlo cuando quiera, en el mostrador o con una respuesta.`,
  pl: (company, channel) => `Zgadzam się, aby ${company} pisała do mnie przez ${channel} o moich naprawach i o ofertach. Zgodę mogę wycofać w każdej chwili, przy ladzie lub odpowiedzią.`,
  pt: (company, channel) => `Aceito que ${company} me escreva por ${channel} sobre as minhas reparações e ofertas. Posso retirar isto quando quiser, ao balcão ou com uma resposta.`
}
const FIRST: Record<Language, (channel: string) => string> = {
  en: channel => `I agree to ${channel}.`, es: channel => `Acepto ${channel}.`, pl: channel => `Zgadzam się na ${channel}.`, pt: channel => `Aceito ${channel}.`
}

/** Words what clients agree to, in every language, and once anew. Gives the versions in the company's language, oldest first. */
export async function wordConsents (db: Db, { company, language, by, since, anew }: { company: string, language: Language, by: number, since: Date, anew: Date }): Promise<DemoWording[]> {
  const rows = await db('consent_wordings').insert([1, 2].flatMap(version => LANGUAGES.flatMap(language => CONSENT_CHANNELS.map(channel => ({
    channel, language, version, employee_id: by, at: version === 1 ? since : anew, body: version === 1 ? FIRST[language](NAMES[channel]) : TEXTS[language](company, NAMES[channel])
  }))))).returning(['id', 'channel', 'language', 'at'])
  return rows.filter(row => row.language === language).map(({ id, channel, at }) => ({ id, channel, since: at }))
}

/** The text in force for a channel at some time. */
export const wordingAt = (wordings: readonly DemoWording[], channel: ConsentChannel, at: Date): number | null =>
  wordings.findLast(wording => wording.channel === channel && wording.since <= at)?.id ?? null

/** How one consent came, by its moment: most at the counter. */
export const howOf = (moment: number): How => moment % 11 === 0 ? 'writing' : moment % 5 === 0 ? 'phone' : 'in_person'
