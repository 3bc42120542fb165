import type { Sealer } from '../../../seal.js'

const PURPOSE = 'unsubscribe'

/** The end of the link by which the reader of a letter asks for no more of them: it is bound to the letter, and nobody else can make one. */
export const unsubscribeToken = (sealer: Sealer, messageId: number): Promise<string> => sealer.seal(String(messageId), PURPOSE)

/** The letter a link stood in; null when it is none of our links. */
export async function readUnsubscribeToken (sealer: Sealer, token: string): Promise<number | null> {
  const id = await sealer.open(token, PURPOSE)
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null
}
