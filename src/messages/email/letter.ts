import type { Translate } from '../../web/i18n.js'
import { toHtml, toPlain } from '../formatting.js'

/** Both parts of a letter. Without HTML it is plain text alone. */
export interface Parts { text: string, html: string | null }

/** What stands under the words of a letter in its plain part; '' without a signature. */
export const signatureAfter = (signature: string): string => signature && `\n\n-- \n${toPlain(signature)}`

/** What somebody typed and what stands under it, as both parts of a letter. */
export function writeParts (body: string, signature: string): { text: string, html: string } {
  return { text: toPlain(body) + signatureAfter(signature), html: toHtml(body) + (signature && `\n<div style="margin-top:24px;color:#555">${toHtml(signature)}</div>`) }
}

/** Who gets a letter, as far as its frame goes. `unsubscribe`: where its reader says that they want no more, when that stands in the letter. */
export interface Frame { t: Translate, language: string, company: string, unsubscribe: string | null }

/** The letter as it leaves: the parts in a document, and at its foot how to get no more of them. */
export function frame ({ text, html }: Parts, { t, language, company, unsubscribe }: Frame): Parts {
  const foot = unsubscribe && { words: t('messages.unsubscribe_line', { company }), link: t('messages.unsubscribe_link') }
  return {
    text: foot ? `${text}\n\n${foot.words}\n${foot.link}: ${unsubscribe}` : text,
    html: html && `<!doctype html>
<html lang="${escape(language)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="margin:0;padding:16px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#1d1d1b;background:#fff;overflow-wrap:anywhere">
<div style="max-width:640px">
${html}
${foot ? `<p style="margin-top:32px;padding-top:12px;border-top:1px solid #ddd;font-size:13px;color:#666">${escape(foot.words)} <a href="${escape(unsubscribe!)}" style="color:#666">${escape(foot.link)}</a></p>` : ''}
</div>
</body>
</html>
`
  }
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escape = (text: string): string => text.replace(/[&<>"']/g, sign => ESCAPES[sign]!)
