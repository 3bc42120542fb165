const TAG = /<(\/?)(form|button|input|select|textarea)\b((?:"[^"]*"|[^">])*)/g

// What remains to be pressed: it ends the looking, or the session, or sends what didn't arrive again once the looking has ended.
const OPEN = /\s(action="\/(view-as\/stop|sign-out)"|data-as-sent\b)/

/**
 * A page, or a part of one, on which nothing can be pressed or filled in that would be sent as a change: the controls of every form
 * that posts, and whatever posts by itself. `data-looking` says which, so that they don't look like what the role may not do.
 */
export function onlyLooking (html: string): string {
  const posting = new Set<string>()
  for (const [, end, name, attributes = ''] of html.matchAll(TAG)) {
    const id = /\sid="([^"]*)"/.exec(attributes)?.[1]
    if (!end && name === 'form' && id && posts(attributes)) posting.add(id)
  }
  let inside = false
  return html.replace(TAG, (tag: string, end: string, name: string, attributes: string) => {
    if (name === 'form') inside = !end && posts(attributes)
    if (name === 'form' || end || /\stype="hidden"|\sdisabled\b/.test(attributes)) return tag
    const form = /\sform="([^"]*)"/.exec(attributes)?.[1]
    const isPosted = form === undefined ? inside : posting.has(form)
    return isPosted || /\s(hx-post|formaction)="/.test(attributes) ? `<${name} disabled data-looking${attributes}` : tag
  })
}

const posts = (attributes: string): boolean => /\smethod="post"/.test(attributes) && !OPEN.test(attributes)
