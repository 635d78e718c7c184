// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

const (
	// These page sizes keep responses far below [MaxPage].
	metadataPage, objectPage = 500, 50
	maxPages                 = 1000
	// listAgainAfter is the time after a refused list of Secrets during which no further list is requested.
	listAgainAfter = time.Minute
	// absentAfter is the time after which a previously served kind counts as removed. An API server that is starting
	// does not serve its custom resources for a moment.
	absentAfter = 30 * time.Second
)

// declarations collects the clusters that a source declares, by Secret. The limit applies to new clusters only, so that
// they cannot displace known clusters.
type declarations struct {
	bySecret  map[string]declared
	known     map[string]known
	remaining int // number of further new clusters
	omitted   int
}

func newDeclarations(known map[string]known, most int) *declarations {
	return &declarations{bySecret: map[string]declared{}, known: known, remaining: most - len(known)}
}

func (d *declarations) add(one declared) {
	_, known := d.known[one.secret]
	_, again := d.bySecret[one.secret]
	switch {
	case again: // the labels of the first declaration are used
		return
	case known:
	case d.remaining <= 0 || len(one.secret) > maxName || len(one.cluster) > maxName:
		d.omitted++
		return
	default:
		d.remaining--
	}
	d.bySecret[one.secret] = one
}

// fluxSecrets adds the Secrets with the suffix. If listing Secrets is not permitted, it adds the Secrets that objects
// refer to.
func (p *place) fluxSecrets(ctx context.Context, found *declarations) error {
	add := func(d declared) {
		if name, ok := strings.CutSuffix(d.secret, p.entry.FluxSecrets.Suffix); ok && name != "" {
			d.cluster = name
			found.add(d)
		}
	}
	err := p.listSecrets(ctx, "", add)
	if apierrors.IsForbidden(err) {
		return p.appliedWith(ctx, add)
	}
	return err
}

// appliedWith calls add with the Secrets that Kustomizations and HelmReleases refer to.
func (p *place) appliedWith(ctx context.Context, add func(declared)) error {
	err := p.references(ctx, "kustomize.toolkit.fluxcd.io", "kustomizations", add)
	return joinErrors(err, p.references(ctx, "helm.toolkit.fluxcd.io", "helmreleases", add))
}

// references calls add with the kubeconfig Secrets that objects of a kind refer to. A kind that is not served has no
// references.
func (p *place) references(ctx context.Context, group, resource string, add func(declared)) error {
	err := p.listReferences(ctx, group, resource, add)
	switch {
	case err == nil:
		p.served[resource] = time.Now()
	case apierrors.IsNotFound(err) && time.Since(p.served[resource]) > absentAfter:
		return nil
	}
	return err
}

func (p *place) listReferences(ctx context.Context, group, resource string, add func(declared)) error {
	var served struct {
		PreferredVersion struct {
			Version string `json:"version"`
		} `json:"preferredVersion"`
	}
	if err := p.withTimeout(ctx, func(ctx context.Context) error { return p.client.Get(ctx, "/apis/"+group, nil, &served) }); err != nil {
		return err
	}
	path := "/apis/" + group + "/" + served.PreferredVersion.Version + "/namespaces/" + p.source.Namespace + "/" + resource
	return p.pages(ctx, objectPage, func(ctx context.Context, query url.Values) (string, error) {
		var list struct {
			page

			Items []struct {
				Spec struct {
					KubeConfig struct {
						SecretRef struct {
							Name string `json:"name"`
						} `json:"secretRef"`
					} `json:"kubeConfig"`
				} `json:"spec"`
			} `json:"items"`
		}
		if err := p.client.Get(ctx, path, query, &list); err != nil {
			return "", err
		}
		for _, item := range list.Items {
			if name := item.Spec.KubeConfig.SecretRef.Name; name != "" {
				add(declared{secret: name})
			}
		}
		return list.Metadata.Continue, nil
	})
}

// greenhouse adds the Cluster objects of an organization. The Secret of each has the same name.
func (p *place) greenhouse(ctx context.Context, found *declarations) error {
	err := p.metadata(ctx, "/apis/greenhouse.sap/v1alpha1/namespaces/"+p.source.Namespace+"/clusters", "", func(o metadataOnly) {
		found.add(declared{cluster: o.Metadata.Name, secret: o.Metadata.Name, labels: o.labels()})
	})
	if err != nil || len(found.bySecret) == 0 {
		return err
	}
	// One list replaces a request for each object if listing is permitted.
	versions := map[string]string{}
	err = p.listSecrets(ctx, "", func(s declared) {
		if _, ok := found.bySecret[s.secret]; ok {
			versions[s.secret] = s.version
		}
	})
	if err == nil {
		for name, d := range found.bySecret {
			d.version = versions[name]
			found.bySecret[name] = d
		}
	}
	return nil
}

// secrets adds the Secrets with the labels.
func (p *place) secrets(ctx context.Context, found *declarations) error {
	return p.listSecrets(ctx, p.entry.Secrets.LabelSelector, func(d declared) {
		d.cluster = d.secret
		if name, ok := strings.CutSuffix(d.secret, DefaultSuffix); ok && name != "" {
			d.cluster = name
		}
		found.add(d)
	})
}

// listSecrets calls add with the names and versions of the Secrets of the namespace. After a refusal, it sends no
// requests for a while, so that it does not fill the audit log.
func (p *place) listSecrets(ctx context.Context, selector string, add func(declared)) error {
	if time.Since(p.noList) < listAgainAfter {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "", errors.New("rejected a moment ago"))
	}
	err := p.metadata(ctx, "/api/v1/namespaces/"+p.source.Namespace+"/secrets", selector, func(o metadataOnly) {
		add(declared{secret: o.Metadata.Name, labels: o.labels(), version: o.version()})
	})
	if apierrors.IsForbidden(err) {
		p.noList = time.Now()
	}
	return err
}

// metadata lists the metadata of objects.
func (p *place) metadata(ctx context.Context, path, selector string, each func(metadataOnly)) error {
	return p.pages(ctx, metadataPage, func(ctx context.Context, query url.Values) (string, error) {
		if selector != "" {
			query.Set("labelSelector", selector)
		}
		var list struct {
			page

			Kind  string         `json:"kind"`
			Items []metadataOnly `json:"items"`
		}
		if err := p.client.ListMetadata(ctx, path, query, &list); err != nil {
			return "", err
		}
		if list.Kind != "PartialObjectMetadataList" { // a page of another kind, or an empty body
			return "", errNoList
		}
		for _, o := range list.Items {
			each(o)
		}
		return list.Metadata.Continue, nil
	})
}

// page has the metadata of a list.
type page struct {
	Metadata struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
}

// pages lists objects page by page. If a page is too large, for example because of annotations of hundreds of KiB, it
// requests fewer objects per page. An incomplete list is an error.
func (p *place) pages(ctx context.Context, size int, readPage func(context.Context, url.Values) (next string, err error)) error {
	query := url.Values{"limit": {strconv.Itoa(size)}}
	for range maxPages {
		var next string
		err := p.withTimeout(ctx, func(ctx context.Context) (err error) {
			next, err = readPage(ctx, query)
			return err
		})
		if errors.Is(err, failure.ErrTooLarge) && size > 1 {
			size = max(1, size/8)
			query.Set("limit", strconv.Itoa(size))
			continue
		}
		if err != nil || next == "" {
			return err
		}
		query.Set("continue", next)
	}
	return errNoList
}

// errNoList is the error for a response that is not the requested list, or for a list without an end.
var errNoList = failure.Errorf(failure.ReasonDecode, "the response is not a list")
