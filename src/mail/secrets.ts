import type { Sealer } from '../seal.js'
import { DKIM_KEY, PASSWORD, type MailSettings } from './queries.js'

/** What the settings keep sealed, opened: null for what there isn't. */
export interface Secrets { password: string | null, dkimKey: string | null }

/** The secrets of the settings; undefined when one was sealed with another key. */
export async function secretsOf (sealer: Sealer, { passwordSealed, dkimKeySealed }: MailSettings): Promise<Secrets | undefined> {
  const [password, dkimKey] = await Promise.all([opened(sealer, passwordSealed, PASSWORD), opened(sealer, dkimKeySealed, DKIM_KEY)])
  return password === undefined || dkimKey === undefined ? undefined : { password, dkimKey }
}

const opened = async (sealer: Sealer, sealed: string | null, purpose: string) => sealed === null ? null : await sealer.open(sealed, purpose) ?? undefined
