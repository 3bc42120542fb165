import type { Language } from '../web/viewer.js'

/** What can be written from a template. Viber takes own words only. */
export const TEMPLATE_CHANNELS = ['email', 'sms', 'whatsapp'] as const
export type TemplateChannel = (typeof TEMPLATE_CHANNELS)[number]

/** One language's text; the subject is an e-mail's. */
export interface TemplateText { subject: string, body: string }

export type TemplateTexts = Partial<Record<Language, TemplateText>>

export interface Template {
  id: number
  name: string
  channel: TemplateChannel
  texts: TemplateTexts
  /** Whoever writes may use it; else only the roles named. */
  forAll: boolean
  roles: number[]
  version: number
  archived: boolean
}

/** How long a text may be: an SMS or WhatsApp message in so many characters is long enough, an e-mail is a page. */
export const LONGEST_BODY = { email: 20_000, sms: 1600, whatsapp: 4096 } as const satisfies Record<TemplateChannel, number>
export const LONGEST_SUBJECT = 200
