/** Where reports of calls come from, and what makes them. The simulator is no choice of the settings: it is always there to be tried. */
export const ADAPTERS = ['none', 'webhook', 'twilio', 'ari'] as const
export type AdapterName = (typeof ADAPTERS)[number]
export type Source = AdapterName | 'simulator'

export const DIRECTIONS = ['in', 'out'] as const
export type Direction = (typeof DIRECTIONS)[number]

/**
 * How a call stands. `calling`: of one that we make, our own telephone is rung first; `ringing`: the other side's, or ours for one that comes in;
 * those after `answered` are how it ended, `missed` also for one that nobody took on the other side.
 */
export const STATES = ['calling', 'ringing', 'answered', 'ended', 'missed', 'busy', 'failed'] as const
export type CallState = (typeof STATES)[number]

const RANK: Record<CallState, number> = { calling: 0, ringing: 1, answered: 2, ended: 3, missed: 3, busy: 3, failed: 3 }
export const isOver = (state: CallState): boolean => RANK[state] === 3

/** Why a call that we made didn't come to be. */
export const FAILURES = ['refused', 'unreachable', 'secret', 'never_ended', 'provider'] as const
export type Failure = (typeof FAILURES)[number]

/** What an adapter heard of a call. Everything in it is another company's word. */
export interface Report {
  /** As the adapter names the call. */
  id: string
  /** Of a call made here: ours. */
  callId?: number | undefined
  state: CallState
  direction: Direction
  /** The number of the other side, as it came. */
  number: string
  /** Which of our numbers was called. */
  ours: string
  /** Where it was answered. */
  extension: string
  seconds: number | null
  recording: string | null
  why?: Failure
}

/** How a call stands already; `taken`: somebody has said that they answer. */
export interface Standing { state: CallState, answered: boolean, taken: boolean, seconds: number | null }

/**
 * How a call stands after a report: never backwards, as reports come late and out of order. A call that was answered has ended, whatever is
 * said of its end; one that ended and was answered by nobody was missed.
 */
export function stateAfter (now: Standing | null, { state, seconds }: Pick<Report, 'state' | 'seconds'>): CallState {
  const answered = state === 'answered' || (now?.answered ?? false) || (seconds ?? now?.seconds ?? 0) > 0
  if (now && isOver(now.state)) return now.state === 'missed' && answered ? 'ended' : now.state
  if (isOver(state)) return answered ? 'ended' : state !== 'ended' ? state : now?.taken ? 'ended' : 'missed'
  return now && RANK[now.state] > RANK[state] ? now.state : state
}

/** What stands for nobody's number: RFC 3323 has "anonymous", providers write as they like. */
const WITHHELD = /^(|\+?0*|anonymous|unknown|restricted|private|unavailable|withheld|blocked|none|null|\+?266696687|\+?86282452253|\+?7378742833)$/i

const MOST_DIGITS = 60

/** The number as it came without what only a machine reads: "sip:600123456@pbx.example" is 600123456; '' when it is withheld. */
export function plainNumber (value: string): string {
  // eslint-disable-next-line no-control-regex
  const clean = value.replace(/[\u0000-\u001f\u007f]/g, '').normalize('NFC').trim()
  const number = clean.replace(/^.*<(.*)>.*$/, '$1').replace(/^(sips?|tel):/i, '').replace(/[;@].*$/, '').trim().slice(0, MOST_DIGITS)
  return WITHHELD.test(number) ? '' : number
}

/** The address of a recording, or null: only what a browser opens over TLS, with no password in it. */
export function recordingAddress (value: string): string | null {
  if (value.length > 1000 || !URL.canParse(value)) return null
  const url = new URL(value)
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : null
}
