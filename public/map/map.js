// The client's place on a map. The two inputs beside it are the pin for who can't use a mouse: whichever is moved, the other follows.
(() => {
  let shown

  const begin = () => {
    const box = document.getElementById('map')
    if (!box || box.contains(shown?.getContainer())) return
    shown?.remove()
    // Not the box itself: what Leaflet writes into the style of a thing with an id, htmx would copy to the next one, against the policy.
    const inside = box.appendChild(document.createElement('div'))
    const { tiles, attribution, attributionUrl, latitude, longitude, near, zoomIn, zoomOut, pin: label, editable } = box.dataset
    const point = pointOf(latitude, longitude)
    const around = near?.split(',').map(Number)
    const map = shown = L.map(inside, { zoomControl: false, attributionControl: false, maxZoom: 19, worldCopyJump: true })
    L.control.zoom({ zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(map)
    L.control.attribution({ prefix: false }).addAttribution(linkTo(attributionUrl, attribution)).addTo(map)
    map.setView(point ?? around ?? [30, 0], point ? 17 : around ? 11 : 2)
    layTiles(map, tiles)

    const form = document.getElementById('pin-form')
    const icon = L.divIcon({ className: 'map-pin', html: document.getElementById('map-pin').innerHTML, iconSize: [40, 40], iconAnchor: [20, 37] })
    let marker
    const place = at => {
      if (marker) marker.setLatLng(at)
      else {
        marker = L.marker(at, { icon, title: label, alt: label, draggable: editable !== undefined, autoPan: true }).addTo(map)
        marker.on('dragend', () => write(marker.getLatLng()))
      }
    }
    const write = at => {
      const { lat, lng } = L.latLng(at).wrap()
      form.latitude.value = lat.toFixed(6)
      form.longitude.value = lng.toFixed(6)
      form.classList.add('moved')
    }
    if (point) place(point)
    if (!form || editable === undefined) return
    form.querySelector('.with-map').hidden = false
    map.on('click', ({ latlng }) => { place(latlng); write(latlng) })
    form.addEventListener('change', () => {
      const typed = pointOf(form.latitude.value, form.longitude.value)
      if (!typed) return
      place(typed)
      map.panTo(typed)
    })
  }

  // OpenStreetMap wants to know which site asks (its tile usage policy): the origin alone, of the tiles alone.
  const layTiles = (map, url) => {
    const dark = document.getElementById('map-dark')
    let loaded = false
    L.tileLayer(url, { maxZoom: 19, referrerPolicy: 'strict-origin-when-cross-origin' })
      .on('tileload', () => { loaded = true; dark.hidden = true })
      .on('tileerror', () => { if (!loaded) dark.hidden = false })
      .addTo(map)
  }

  const pointOf = (latitude, longitude) => {
    const point = [latitude, longitude].map(typed => typed?.trim() ? Number(typed.replace(',', '.')) : NaN)
    return point.every(Number.isFinite) && Math.abs(point[0]) <= 90 && Math.abs(point[1]) <= 180 ? point : undefined
  }

  const linkTo = (href, words) => {
    const link = Object.assign(document.createElement('a'), { href, textContent: words, target: '_blank', rel: 'noreferrer' })
    return link.outerHTML
  }

  begin()
  document.addEventListener('htmx:after:swap', begin)
})()
