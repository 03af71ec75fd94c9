/* The map: what the page already drew as a plain picture becomes one that moves. Nothing is asked of anybody unless tiles are set. */
(() => {
  "use strict";
  const holder = document.getElementById("map");
  if (!holder || !window.L) return;
  const read = (node) => ({ at: [Number(node.dataset.lat), Number(node.dataset.lon)], name: node.textContent.trim(), node });
  const points = [...holder.querySelectorAll("a.point")].map(read);
  const landmarks = [...holder.querySelectorAll("text")].map(read);
  const { tiles, credit, closer, farther } = holder.dataset;
  holder.replaceChildren();
  const map = L.map(holder, { preferCanvas: true, attributionControl: Boolean(tiles), zoomControl: false, maxZoom: tiles ? 18 : 14, minZoom: 6 });
  L.control.zoom({ zoomInTitle: closer, zoomOutTitle: farther }).addTo(map);
  if (tiles) {
    map.attributionControl.setPrefix(false);
    L.tileLayer(tiles, { attribution: credit, maxZoom: 18 }).addTo(map);
  }
  // Names of towns, as many as do not cover one another.
  const named = L.layerGroup().addTo(map);
  function nameTowns() {
    const taken = [];
    named.clearLayers();
    for (const { at, name } of landmarks) {
      const spot = map.latLngToContainerPoint(at);
      if (taken.some((other) => Math.abs(other.x - spot.x) < 66 && Math.abs(other.y - spot.y) < 16)) continue;
      taken.push(spot);
      L.tooltip({ permanent: true, direction: "top", className: "landmark", opacity: 1 }).setLatLng(at).setContent(document.createTextNode(name)).addTo(named);
    }
  }
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colours = { expiring: colour("--warn-ink"), expired: colour("--urgent"), unverified: colour("--urgent"), retired: colour("--soft") };
  for (const { at, name, node } of points) {
    const state = [...node.classList].find((one) => colours[one]);
    const box = document.createElement("div"), link = document.createElement("a"), about = document.createElement("div");
    link.href = node.getAttribute("href");
    link.textContent = name;
    about.textContent = node.dataset.about;
    box.append(link, about);
    L.circleMarker(at, { radius: 7, weight: 1, color: colour("--paper"), fillColor: colours[state] || colour("--accent"), fillOpacity: .8 }).bindPopup(box).addTo(map);
  }
  const shown = points.length ? points : landmarks;
  map.fitBounds(L.latLngBounds(shown.map((one) => one.at)).pad(.08), { maxZoom: 12 });
  if (!tiles) { nameTowns(); map.on("zoomend", nameTowns); }
})();
