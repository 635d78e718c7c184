// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// maxDepth bounds the depth of folders that are read.
const maxDepth = 32

// queryKV counts the secrets of a mount by their metadata. Their names are not exported.
func queryKV(ctx context.Context, d *detailRound, mount string) {
	secrets, cut, err := listKV(ctx, d, mount)
	if err != nil {
		return // the failure is recorded
	}
	count := &metrics.KVCount{Secrets: len(secrets), Cut: cut}
	now := d.now()
	for _, name := range secrets {
		r := nodeapi.KVMetadata.At(d.token, "mount", mount, "secret", name)
		got, err := nodeapi.Get(ctx, d.node, r, time.Duration(d.Timeout))
		if err != nil {
			if failure.ReasonOf(err) == failure.ReasonNotFound {
				continue // deleted after the list
			}
			d.failures.Add(r.Name, err)
			if failure.NoAnswer(err) || isTransient(d.failures) {
				return // other requests would fail, too
			}
			count.Cut = true
			continue
		}
		count.Add(got.Updated(now), now, time.Duration(d.KV.MaxAge))
	}
	d.addRows(func(r *exposition.Rows) { count.Rows(r, d.Name, mount) })
}

// listKV lists the secrets of a mount, folder by folder. cut reports whether there are more than the limit.
func listKV(ctx context.Context, d *detailRound, mount string) (secrets []string, cut bool, err error) {
	folders := []string{""}
	for n := 0; len(folders) > 0; n++ {
		if n > d.KV.MaxSecrets { // also bounds folders without secrets
			return secrets, true, nil
		}
		folder := folders[0]
		folders = folders[1:]
		got, err := query(ctx, d, nodeapi.KVMetadataList.At(d.token, "mount", mount, "secret", folder))
		if err != nil {
			return nil, false, err
		}
		for _, name := range got.Keys {
			switch {
			case len(secrets) >= d.KV.MaxSecrets || len(folders) >= d.KV.MaxSecrets:
				return secrets, true, nil
			case strings.Trim(name, "./") == "":
				// OpenBao stores secrets with such a name, but a path with it leads to another place.
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
