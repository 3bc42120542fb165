// Files are sent as soon as they are chosen, dropped or pasted, one after the other, while one goes on writing; the form that
// is sent then only names them. Without this script the form sends them itself.
const waiting = []
let sending = null

document.documentElement.classList.add('uploads')

const form = () => document.getElementById('write')
const told = () => form()?.querySelector('.attach')?.dataset
const filesOf = data => [...data?.files ?? []]

function add (files) {
  const words = told()
  if (!words || files.length === 0 || document.getElementById('attach').disabled) return
  const list = document.getElementById('sent')
  for (const file of files) {
    const row = document.getElementById('upload-row').content.firstElementChild.cloneNode(true)
    row.querySelector('b').textContent = row.querySelector('b').title = file.name
    const job = { file, row, url: words.url }
    row.querySelector('.stop').addEventListener('click', () => stop(job))
    row.querySelector('.again').addEventListener('click', () => queue(job))
    const isTooMany = list.children.length >= Number(words.most)
    list.append(row)
    if (isTooMany) say(job, words.many)
    else if (file.size > Number(words.bytes)) say(job, words.big)
    else queue(job)
  }
}

function queue (job) {
  say(job, '')
  job.row.dataset.busy = ''
  waiting.push(job)
  next()
}

function next () {
  if (sending || waiting.length === 0) return
  const job = sending = waiting.shift()
  const request = job.request = new XMLHttpRequest()
  const progress = job.row.querySelector('progress')
  const body = new FormData()
  body.append('files', job.file)
  request.open('POST', job.url)
  request.setRequestHeader('HX-Request', 'true')
  request.setRequestHeader('HX-Request-Type', 'partial')
  // Once it is all there a picture is still being drawn anew: a bar without a value says that it goes on.
  request.upload.addEventListener('progress', ({ loaded, total }) => { if (loaded < total) progress.value = loaded / total; else progress.removeAttribute('value') })
  request.addEventListener('load', () => answered(job, request))
  request.addEventListener('error', () => over(job, told()?.lost))
  request.send(body)
}

function answered (job, { status, responseText }) {
  if (status === 200 || status === 413 || status === 422) {
    const list = document.createElement('template')
    list.innerHTML = responseText
    job.row.replaceWith(list.content)
    if (status !== 200) delete form()?.dataset.send
    return over(job)
  }
  // Signing in again, or what else there is to say, comes up where htmx shows it; the file stays to be tried again.
  const flash = document.getElementById('flash')
  flash.innerHTML = responseText
  window.htmx.process(flash)
  over(job, told()?.failed)
}

function over (job, error) {
  if (sending === job) sending = null
  delete job.row.dataset.busy
  if (error) {
    say(job, error)
    job.row.querySelector('.again').hidden = false
  }
  next()
  const write = form()
  if (write?.dataset.send !== undefined && !write.querySelector('[data-busy]')) {
    const isWhole = !write.querySelector('#sent .error:not([hidden])')
    later(write, false)
    if (isWhole) write.requestSubmit()
  }
}

function stop (job) {
  const at = waiting.indexOf(job)
  if (at !== -1) waiting.splice(at, 1)
  job.row.remove()
  if (sending !== job) return
  job.request.abort()
  over(job)
}

function say ({ row }, error) {
  const shown = row.querySelector('.error')
  shown.textContent = error
  shown.hidden = !error
  row.querySelector('progress').hidden = Boolean(error)
  row.querySelector('.again').hidden = true
  row.classList.toggle('refused', Boolean(error))
}

function later (write, isLater) {
  if (isLater) write.dataset.send = ''
  else delete write.dataset.send
  write.querySelector('.later').hidden = !isLater
}

document.addEventListener('change', ({ target }) => {
  if (target.id !== 'attach') return
  add(filesOf(target))
  target.value = ''
})

// An entry waits for its files, and then goes by itself; those that didn't arrive are tried once more. Without them it doesn't go.
document.addEventListener('submit', event => {
  if (event.target !== form()) return
  for (const again of event.target.querySelectorAll('#sent .again:not([hidden])')) again.click()
  if (!event.target.querySelector('[data-busy]')) return
  event.preventDefault()
  event.stopImmediatePropagation()
  later(event.target, true)
}, true)

// Whoever leaves meanwhile is asked by the browser first. A visit by htmx would go on without a word, and the files be lost.
const isSending = () => Boolean(form()?.querySelector('[data-busy]'))
addEventListener('beforeunload', event => { if (isSending()) event.preventDefault() })
document.addEventListener('click', event => {
  const link = event.target.closest?.('a[href]')
  if (!link || link.target || link.download || link.matches('[hx-get], [hx-target]') || !isSending() || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  event.stopImmediatePropagation()
  location.assign(link.href)
}, true)

document.addEventListener('paste', event => {
  const files = filesOf(event.clipboardData)
  if (files.length === 0 || !event.target.closest?.('#write')) return
  event.preventDefault()
  add(files)
})

const cardOf = ({ target, dataTransfer }) => dataTransfer?.types.includes('Files') && told() ? target.closest?.('.card:has(#write)') : null
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, event => {
    const card = cardOf(event)
    if (!card) return
    if (kind !== 'dragleave') event.preventDefault()
    card.classList.toggle('dropping', kind === 'dragenter' || kind === 'dragover')
    if (kind === 'drop') add(filesOf(event.dataTransfer))
  })
}
