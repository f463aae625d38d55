'use strict';
(() => {
    const byId = id => document.getElementById(id);
    const run = JSON.parse(byId('points').textContent);
    // Pieces of HTML whose text is escaped, so that none of it is a mark or the end of a script.
    const pieces = id => byId(id) ? byId(id).textContent.split('<hr>') : null;
    const plain = html => {
        const box = document.createElement('textarea');
        box.innerHTML = html;
        return box.value;
    };
    const drawings = pieces('samples'), named = pieces('names'), words = pieces('texts');
    const labels = (pieces('labels') || []).map(plain);
    const n = run.x.length, k = run.k;
    const searched = (words || named || []).map(text => plain(text).toLowerCase());

    // Neighbours in number are far apart in hue, and every third is darker.
    const colour = c => `hsl(${(c * 137.508) % 360} 70% ${[52, 38, 66][c % 3]}%)`;

    const given = (pieces('cluster-names') || Array(k).fill('')).map(plain);
    const store = ['forced-apart', document.title, ...given.filter(name => name)].join(' ');
    let names = given.slice();
    try {
        const kept = JSON.parse(localStorage.getItem(store));
        if (Array.isArray(kept) && kept.length === k) names = kept.map(String);
    } catch (none) { /* a browser that keeps nothing for files */ }
    const keep = () => {
        try { localStorage.setItem(store, JSON.stringify(names)); } catch (none) { /* likewise */ }
    };

    // ---- what is shown -------------------------------------------------------------------------

    const hidden = new Set();
    let visible = [], order = [], chosen = -1;
    const filter = () => {
        const label = byId('label').value, least = Number(byId('confidence').value) / 100;
        const wanted = byId('search').value.trim().toLowerCase();
        byId('least').textContent = least.toFixed(2);
        visible = [];
        for (let i = 0; i < n; i++) {
            if (hidden.has(run.cluster[i]) || run.confidence[i] < least * 1000) continue;
            if (label !== '' && run.label[i] !== Number(label)) continue;
            if (wanted !== '' && searched.length > 0 && !searched[i].includes(wanted)) continue;
            visible.push(i);
        }
        order = visible.slice().sort((a, b) =>
            run.cluster[a] - run.cluster[b] || run.confidence[b] - run.confidence[a] || a - b);
        byId('count').textContent = `${visible.length} of ${n}`;
        const shown = Array(k).fill(0);
        for (const i of visible) shown[run.cluster[i]]++;
        document.querySelectorAll('[data-shown]').forEach(cell => {
            cell.textContent = shown[Number(cell.dataset.shown)];
        });
        draw();
    };

    // ---- the map -------------------------------------------------------------------------------

    const map = byId('map'), paint = map.getContext('2d');
    let zoom = 1, left = 0, top = 0, wide = 1, high = 1;
    const place = i => [(run.x[i] / 10000 * wide - left) * zoom, (run.y[i] / 10000 * high - top) * zoom];
    let asked = false;
    const draw = () => {
        if (asked) return;
        asked = true;
        requestAnimationFrame(() => {
            asked = false;
            const ratio = window.devicePixelRatio || 1;
            paint.setTransform(ratio, 0, 0, ratio, 0, 0);
            paint.clearRect(0, 0, wide, high);
            const side = Math.min(8, Math.max(2, 90 / Math.sqrt(visible.length + 1)) * Math.sqrt(zoom));
            let last = -1;
            for (const i of order) { // by cluster, so that the colour changes k times
                if (run.cluster[i] !== last) paint.fillStyle = colour(last = run.cluster[i]);
                const [x, y] = place(i);
                paint.fillRect(x - side / 2, y - side / 2, side, side);
            }
            if (chosen < 0) return;
            const [x, y] = place(chosen);
            paint.strokeStyle = getComputedStyle(document.body).color;
            paint.lineWidth = 2;
            paint.beginPath();
            paint.arc(x, y, 8, 0, 7);
            paint.stroke();
        });
    };
    const resize = () => {
        const box = map.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
        wide = box.width;
        high = box.height;
        map.width = Math.round(wide * ratio);
        map.height = Math.round(high * ratio);
        draw();
    };
    const nearest = (x, y, within) => {
        let best = -1, least = within * within;
        for (const i of visible) {
            const [px, py] = place(i), away = (px - x) * (px - x) + (py - y) * (py - y);
            if (away < least) [best, least] = [i, away];
        }
        return best;
    };
    const choose = i => {
        if (i === chosen || i < 0) return;
        chosen = i;
        const c = run.cluster[i], box = byId('sample');
        box.innerHTML = drawings ? drawings[i] : '';
        const say = text => box.appendChild(document.createElement('div')).textContent = text;
        if (named && named[i] !== '') say(plain(named[i]));
        say(`row ${run.row[i]}, cluster ${c}${names[c] ? ` (${names[c]})` : ''}`);
        say(`confidence ${(run.confidence[i] / 1000).toFixed(2)}` +
            (run.label ? `, coarse label: ${labels[run.label[i]] || 'none'}` : ''));
        draw();
    };
    const scale = (factor, x, y) => {
        const next = Math.min(200, Math.max(1, zoom * factor));
        left += x / zoom - x / next;
        top += y / zoom - y / next;
        zoom = next;
        hold();
    };
    const hold = () => {
        left = Math.min(wide - wide / zoom, Math.max(0, left));
        top = Math.min(high - high / zoom, Math.max(0, top));
        draw();
    };
    const at = event => {
        const box = map.getBoundingClientRect();
        return [event.clientX - box.left, event.clientY - box.top];
    };
    const fingers = new Map();
    map.addEventListener('pointerdown', event => {
        map.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, at(event));
        choose(nearest(...at(event), event.pointerType === 'mouse' ? 20 : 40));
    });
    map.addEventListener('pointermove', event => {
        const now = at(event), before = fingers.get(event.pointerId);
        if (!before) return choose(nearest(...now, 20));
        if (fingers.size === 2) {
            const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
            const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) + 1;
            scale(far(now, other) / far(before, other), other[0], other[1]);
        } else {
            left -= (now[0] - before[0]) / zoom;
            top -= (now[1] - before[1]) / zoom;
            hold();
        }
        fingers.set(event.pointerId, now);
    });
    for (const end of ['pointerup', 'pointercancel'])
        map.addEventListener(end, event => fingers.delete(event.pointerId));
    map.addEventListener('wheel', event => {
        event.preventDefault();
        scale(Math.exp(-event.deltaY / 300), ...at(event));
    }, {passive: false});
    map.addEventListener('keydown', event => {
        const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
        if (event.key === '+' || event.key === '-') scale(event.key === '+' ? 1.5 : 1 / 1.5, wide / 2, high / 2);
        if (event.key === 'Escape') [zoom, left, top] = [1, 0, 0], draw();
        if (!step || order.length === 0) return;
        event.preventDefault();
        const here = order.indexOf(chosen);
        choose(order[(here < 0 ? 0 : here + step + order.length) % order.length]);
    });

    // ---- clusters and their names ----------------------------------------------------------------

    const rows = byId('clusters').querySelector('table').createTBody();
    // What sets a cluster apart: a word is looked for where it is chosen.
    const apart = pieces('apart'), ofWords = apart && byId('apart').dataset.of === 'words';
    const tell = (row, marks) => {
        const cell = row.insertCell();
        cell.colSpan = 3;
        cell.className = 'apart';
        for (const mark of marks) {
            const said = cell.appendChild(document.createElement(ofWords ? 'button' : 'span'));
            said.textContent = mark;
            cell.append(' ');
            if (ofWords) said.addEventListener('click', () => {
                byId('search').value = mark;
                filter();
            });
        }
    };
    for (let c = 0; c < k; c++) {
        const row = rows.insertRow(), show = document.createElement('input'), name = document.createElement('input');
        const swatch = document.createElement('span'), mark = document.createElement('label');
        show.type = 'checkbox';
        show.checked = true;
        show.addEventListener('change', () => {
            show.checked ? hidden.delete(c) : hidden.add(c);
            filter();
        });
        swatch.className = 'swatch';
        swatch.style.background = colour(c);
        mark.append(show, ' ', swatch, String(c));
        row.insertCell().append(mark);
        const count = row.insertCell();
        count.dataset.shown = c;
        name.type = 'text';
        name.value = names[c];
        name.placeholder = 'name';
        name.setAttribute('aria-label', `name of cluster ${c}`);
        name.addEventListener('input', () => {
            names[c] = name.value;
            keep();
        });
        row.insertCell().append(name);
        if (apart) tell(rows.insertRow(), apart[c].split('<br>').filter(mark => mark !== '').map(plain));
    }
    byId('all').addEventListener('click', () => {
        const off = hidden.size > 0;
        rows.querySelectorAll('input[type=checkbox]').forEach((box, c) => {
            box.checked = off;
            off ? hidden.delete(c) : hidden.add(c);
        });
        filter();
    });

    // ---- files -----------------------------------------------------------------------------------

    const field = text => `"${text.replaceAll('"', '""')}"`;
    const save = (name, lines) => {
        const link = document.createElement('a');
        link.href = URL.createObjectURL(new Blob([lines.join('\n') + '\n'], {type: 'text/csv'}));
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    };
    byId('save-names').addEventListener('click', () =>
        save('names.csv', ['cluster,name', ...names.map((name, c) => `${c},${field(name)}`)]));
    byId('save-labels').addEventListener('click', () =>
        save('labels.csv', ['row,label', ...run.row.map((row, i) =>
            `${row},${field(names[run.cluster[i]] || String(run.cluster[i]))}`)]));

    // ---- start -----------------------------------------------------------------------------------

    const select = byId('label');
    if (run.label) {
        labels.forEach((name, y) => select.add(new Option(name || 'none', y)));
    } else {
        select.parentElement.hidden = true;
    }
    byId('search').parentElement.hidden = searched.length === 0;
    for (const id of ['label', 'confidence', 'search']) byId(id).addEventListener('input', filter);
    window.addEventListener('resize', resize);
    filter();
    resize();
})();
