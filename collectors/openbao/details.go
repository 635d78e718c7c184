// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// detail is something that is asked at its own, slower pace.
type detail struct {
	name     string
	interval time.Duration
	public   bool // needs no token
	ask      func(ctx context.Context, d *detailRound)
}

// detailRound is one turn of a detail: what it asks with, and what it has brought.
type detailRound struct {
	*instance

	asker    asker
	token    string
	pki      []mountIssuers
	rows     []func(*exposition.Rows)
	failures []endpointFailure
}

func (d *detailRound) fail(r request, err error) {
	facts := clusterFacts{failures: d.failures}
	facts.fail(r, err)
	d.failures = facts.failures
}

func (d *detailRound) add(f *exposition.Family, v float64, values ...string) {
	d.rows = append(d.rows, func(r *exposition.Rows) { r.Add(f, v, values...) })
}

func (d *detailRound) time(f *exposition.Family, t time.Time, values ...string) {
	d.rows = append(d.rows, func(r *exposition.Rows) { r.Time(f, t, values...) })
}

// wanted are the details that the configuration asks for.
func (i *instance) wanted() []detail {
	slow := time.Duration(i.Details.Interval)
	all := []detail{{"crl", slow, true, askCRLs}}
	if !i.credentials.enabled() {
		return all
	}
	recorded := i.credentials.recorded // a snapshot shows what it has
	if i.Details.Audit || recorded {
		all = append(all, detail{"audit", slow, false, askAudit})
	}
	if i.Details.Certificates || recorded {
		all = append(all, detail{"certificates", slow, false, askCertificates})
	}
	if i.Details.Tidy || recorded {
		all = append(all, detail{"tidy", slow, false, askTidy})
	}
	if i.KV != nil {
		for _, mount := range i.KV.Mounts {
			ask := func(ctx context.Context, d *detailRound) { askKV(ctx, d, mount) }
			all = append(all, detail{"kv " + mount, time.Duration(i.KV.Interval), false, ask})
		}
	}
	return all
}

// askDetails asks, after each round about the cluster, what is due. What failed
// is due again at once.
func (i *instance) askDetails(ctx context.Context) {
	wanted, due := i.wanted(), map[string]time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-i.wakeDetails:
		}
		for _, w := range wanted {
			now := i.now()
			if now.Before(due[w.name]) && !i.lostLeader() {
				continue
			}
			if i.askDetail(ctx, w) {
				due[w.name] = now.Add(w.interval)
			} else {
				delete(due, w.name)
			}
		}
		if ctx.Err() != nil {
			return
		}
		i.mu.Lock()
		i.settled["details"] = i.settled["details"] || i.settled["cluster"]
		i.mu.Unlock()
	}
}

// lostLeader says whether nobody is there to confirm what was answered before.
func (i *instance) lostLeader() bool {
	_, err := i.active()
	return err != nil
}

// askDetail asks one of them and says whether all of it was answered.
func (i *instance) askDetail(ctx context.Context, w detail) bool {
	i.mu.Lock()
	d := &detailRound{instance: i, token: i.token, pki: i.pki}
	i.mu.Unlock()
	a, err := i.active()
	locked := !w.public && d.token == "" && !i.credentials.recorded
	switch {
	case err != nil:
		d.failures = append(d.failures, endpointFailure{w.name, err})
	case locked: // it is the login that fails
	default:
		d.asker = a
		ctx, cancel := context.WithTimeout(ctx, w.interval)
		defer cancel()
		w.ask(ctx, d)
	}
	if ctx.Err() != nil { // we are stopping
		return false
	}
	i.note(w.name, d.failures)
	i.detailRows.Set(w.name, i.rowsOf(i.detailRows), func(r *exposition.Rows) {
		for _, row := range d.rows {
			row(r)
		}
		failingRows(r, i.Name, "", d.failures)
	})
	return len(d.failures) == 0 && !locked
}

func askCRLs(ctx context.Context, d *detailRound) {
	for _, m := range d.pki {
		for _, id := range m.list.Keys {
			if m.list.Info[id].KeyID == "" {
				continue // it has no list, and to ask for one is an error 500
			}
			r := pkiCRL.at("", "mount", m.mount, "issuer", id)
			body, err := within[crlData](ctx, d.instance, d.asker, r)
			if err != nil {
				d.fail(r, err)
				continue
			}
			this, next, err := parseCRL(body)
			if err != nil {
				d.fail(r, err)
				continue
			}
			d.time(crlThisUpdate, this, d.Name, m.mount, id)
			d.time(crlNextUpdate, next, d.Name, m.mount, id)
		}
	}
}

// auditTable is the data of sys/audit.
type auditTable map[string]struct {
	Type string `json:"type"`
}

func askAudit(ctx context.Context, d *detailRound) {
	r := sysAudit.at(d.token)
	devices, err := within[auditTable](ctx, d.instance, d.asker, r)
	if err != nil {
		d.fail(r, err)
		return
	}
	count := map[string]int{}
	for _, device := range devices {
		count[device.Type]++
	}
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		d.add(auditDevices, float64(count[kind]), d.Name, kind)
	}
	if len(devices) == 0 {
		d.add(auditDevices, 0, d.Name, "")
	}
}

// certificatePage is the data of pki/certs/detailed.
type certificatePage struct {
	Keys []string `json:"keys"`
	Info map[string]struct {
		NotAfter time.Time `json:"not_after"`
	} `json:"key_info"`
}

const (
	// pageSize is how many certificates are asked for at a time.
	pageSize = 1000
	// maxPages bounds how many certificates of a mount are looked at.
	maxPages = 200
)

// askCertificates looks at the certificates that a mount has issued. Its own CA
// certificates are among them and do not count.
func askCertificates(ctx context.Context, d *detailRound) {
	for _, m := range d.pki {
		own := map[string]bool{}
		for _, info := range m.list.Info {
			own[info.Serial] = true
		}
		count, first, now := map[string]int{}, time.Time{}, d.now()
		r := pkiDetailed.at(d.token, "mount", m.mount)
		var err error
		for after, page := "", 0; page < maxPages; page++ {
			r.params = map[string][]string{"limit": {strconv.Itoa(pageSize)}}
			if after != "" {
				r.params["after"] = []string{after}
			}
			var got certificatePage
			if got, err = within[certificatePage](ctx, d.instance, d.asker, r); err != nil {
				break
			}
			last := after
			if n := len(got.Keys); n > 0 {
				// Serial numbers are shown with colons, and stored and compared with dashes.
				last = strings.ReplaceAll(got.Keys[n-1], ":", "-")
			}
			if last == after {
				break // nothing, or the same again: a snapshot has no pages
			}
			for serial, c := range got.Info {
				switch {
				case own[serial]:
				case c.NotAfter.Before(now):
					count["expired"]++
				default:
					count["valid"]++
					if first.IsZero() || c.NotAfter.Before(first) {
						first = c.NotAfter
					}
				}
			}
			if len(got.Keys) < pageSize {
				break
			}
			after = last
		}
		if err != nil {
			d.fail(r, err)
			continue
		}
		for _, s := range []string{"valid", "expired"} {
			d.add(certificates, float64(count[s]), d.Name, m.mount, s)
		}
		d.time(certificateFirst, first, d.Name, m.mount)
	}
}

// tidyData is the data of pki/tidy-status. The time is null until there is one, and
// it is also that of a failure. There is last_auto_tidy_finished, too, which is the
// time of a start.
type tidyData struct {
	State    string     `json:"state"`
	Finished *time.Time `json:"time_finished"`
}

func askTidy(ctx context.Context, d *detailRound) {
	for _, m := range d.pki {
		r := pkiTidy.at(d.token, "mount", m.mount)
		got, err := within[tidyData](ctx, d.instance, d.asker, r)
		if err != nil {
			d.fail(r, err)
			continue
		}
		d.add(tidyState, 1, d.Name, m.mount, got.State)
		if got.Finished != nil && got.State == "Finished" {
			d.time(tidyFinished, *got.Finished, d.Name, m.mount)
		}
	}
}
