/** Asterisk's REST interface (docs.asterisk.org, ARI). The dial plan stays the PBX's: calls are listened to, not routed. */
export interface AriConfig {
  /** "http://pbx.local:8088" */
  url: string
  user: string
  /** The name under which this installation listens. */
  app: string
  /** The contexts of the dial plan in which calls from outside arrive. */
  incoming: string[]
  /** How a telephone here is rung, with {extension}. */
  endpoint: string
  /** The context that leads outside. */
  outgoing: string
}

export const DEFAULT_ARI: AriConfig = { url: '', user: '', app: 'clientela', incoming: ['from-trunk', 'from-pstn'], endpoint: 'PJSIP/{extension}', outgoing: 'from-internal' }
