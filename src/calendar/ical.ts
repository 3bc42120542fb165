/** Something that is due: all day long on a day of the calendar ("2026-11-03"), or at an instant. */
export interface CalendarEntry {
  uid: string
  summary: string
  description: string
  url: string
  due: { day: string } | { at: Date }
  /** When it was last changed, and how often before. */
  changed: Date
  sequence: number
  urgent: boolean
}

/** A calendar in the format of RFC 5545: lines of 75 octets at most, ended by CRLF, times in UTC. The same entries make the same text. */
export function writeCalendar (name: string, entries: readonly CalendarEntry[]): string {
  const lines = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Clientela//Clientela//EN', 'CALSCALE:GREGORIAN', 'METHOD:PUBLISH',
    `NAME:${text(name)}`, `X-WR-CALNAME:${text(name)}`, 'REFRESH-INTERVAL;VALUE=DURATION:PT15M', 'X-PUBLISHED-TTL:PT15M', // RFC 7986 and what came before it
    ...entries.flatMap(linesOf), 'END:VCALENDAR'
  ]
  return lines.map(line => `${folded(line)}\r\n`).join('')
}

function linesOf ({ uid, summary, description, url, due, changed, sequence, urgent }: CalendarEntry): string[] {
  return [
    'BEGIN:VEVENT', `UID:${text(uid)}`, `DTSTAMP:${utc(changed)}`, `LAST-MODIFIED:${utc(changed)}`, `SEQUENCE:${sequence}`,
    ...'day' in due ? [`DTSTART;VALUE=DATE:${due.day.replaceAll('-', '')}`] : [`DTSTART:${utc(due.at)}`, 'DURATION:PT15M'],
    `SUMMARY:${text(summary)}`, ...description ? [`DESCRIPTION:${text(description)}`] : [], `URL:${url}`, ...urgent ? ['PRIORITY:1'] : [], 'TRANSP:TRANSPARENT', 'END:VEVENT'
  ]
}

const utc = (at: Date): string => `${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`

// RFC 5545, 3.3.11; other control characters it doesn't allow at all.
// eslint-disable-next-line no-control-regex
const text = (value: string): string => value.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ').replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')

const WIDEST = 75

/** Goes on in the next line, behind a space, before an octet too many; never within a character. */
function folded (line: string): string {
  if (Buffer.byteLength(line) <= WIDEST) return line
  let folded = '', width = 0
  for (const character of line) {
    const octets = Buffer.byteLength(character)
    if (width + octets > WIDEST) {
      folded += '\r\n '
      width = 1
    }
    folded += character
    width += octets
  }
  return folded
}
