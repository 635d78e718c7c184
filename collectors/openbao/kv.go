// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// kvNames is the data of a list of metadata.
type kvNames struct {
	Keys []string `json:"keys"`
}

// kvState is the data of the metadata of a secret, without what it is called and
// what somebody has written about it.
type kvState struct {
	Current  int                  `json:"current_version"`
	Versions map[string]kvVersion `json:"versions"`
}

type kvVersion struct {
	Created   time.Time `json:"created_time"`
	Deleted   string    `json:"deletion_time"`
	Destroyed bool      `json:"destroyed"`
}

// maxDepth bounds how deep folders are followed.
const maxDepth = 32

// askKV looks at the metadata of all secrets of a mount. Their names stay here:
// what is exported is how many there are and how old they are.
func askKV(ctx context.Context, d *detailRound, mount string) {
	secrets, cut, err := listKV(ctx, d, mount)
	if err != nil {
		return // it is noted
	}
	now := d.now()
	overdue, oldest := 0, time.Time{}
	for _, name := range secrets {
		r := kvMetadata.at(d.token, "mount", mount, "secret", name)
		got, err := askWithin[kvState](ctx, d.instance, d.asker, r)
		if err != nil {
			if probe.ReasonOf(err) == probe.ReasonNotFound {
				continue // deleted a moment ago
			}
			d.failures.Add(r.name, err)
			if probe.NoAnswer(err) || passing(d.failures) {
				return // nor will the others be answered
			}
			cut = true
			continue
		}
		updated := got.updated(now)
		if updated.IsZero() {
			continue
		}
		if oldest.IsZero() || updated.Before(oldest) {
			oldest = updated
		}
		if now.Sub(updated) > time.Duration(d.KV.MaxAge) {
			overdue++
		}
	}
	d.add(kvSecrets, float64(len(secrets)), d.Name, mount)
	d.time(kvOldest, oldest, d.Name, mount)
	d.add(kvOverdue, float64(overdue), d.Name, mount)
	isCut := 0.0
	if cut {
		isCut = 1
	}
	d.add(kvCut, isCut, d.Name, mount)
}

// updated is when the current version was written; zero if it is deleted. The
// updated_time of the secret also moves when somebody changes its metadata. A
// deletion may lie ahead: delete_version_after.
func (s *kvState) updated(now time.Time) time.Time {
	v := s.Versions[strconv.Itoa(s.Current)]
	deleted, err := time.Parse(time.RFC3339, v.Deleted)
	if v.Destroyed || err == nil && !deleted.After(now) {
		return time.Time{}
	}
	return v.Created
}

// listKV lists the secrets of a mount, folder by folder, and says whether there
// are more than may be looked at.
func listKV(ctx context.Context, d *detailRound, mount string) (secrets []string, cut bool, err error) {
	folders := []string{""}
	for len(folders) > 0 {
		folder := folders[0]
		folders = folders[1:]
		r := kvMetadataList.at(d.token, "mount", mount, "secret", folder)
		got, err := askWithin[kvNames](ctx, d.instance, d.asker, r)
		if err != nil {
			d.failures.Add(r.name, err)
			return nil, false, err
		}
		for _, name := range got.Keys {
			switch {
			case len(secrets) >= d.KV.MaxSecrets || len(folders) >= d.KV.MaxSecrets:
				return secrets, true, nil
			case strings.Trim(name, "./") == "":
				// OpenBao stores a secret that is called so, but a path with it leads elsewhere.
			case !strings.HasSuffix(name, "/"):
				secrets = append(secrets, folder+name)
			case strings.Count(folder, "/") < maxDepth:
				folders = append(folders, folder+name)
			default:
				cut = true
			}
		}
	}
	return secrets, cut, nil
}
