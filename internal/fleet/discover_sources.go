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
	// A page is far below the most that a client reads.
	metadataPage, objectPage = 500, 50
	maxPages                 = 1000
	// listAgainAfter is how long a refusal to list Secrets is believed.
	listAgainAfter = time.Minute
	// absentAfter is how long a kind that was served is missed before that is
	// believed: an API server that starts forgets its custom resources for a moment.
	absentAfter = 30 * time.Second
)

// declarations are what a source declares, by the Secret. A known one always has a place: new ones
// cannot push it out.
type declarations struct {
	bySecret map[string]declared
	known    map[string]known
	room     int // for new ones
	leftOut  int
}

func newDeclarations(known map[string]known, most int) *declarations {
	return &declarations{bySecret: map[string]declared{}, known: known, room: most - len(known)}
}

func (d *declarations) add(one declared) {
	_, known := d.known[one.secret]
	_, again := d.bySecret[one.secret]
	switch {
	case again: // the first one has the labels
		return
	case known:
	case d.room <= 0 || len(one.secret) > maxName || len(one.cluster) > maxName:
		d.leftOut++
		return
	default:
		d.room--
	}
	d.bySecret[one.secret] = one
}

// fluxSecrets adds the Secrets with the suffix. Where Secrets may not be listed, it adds those
// that objects apply with.
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

// references calls add with the kubeconfig Secrets of a kind. A kind that is not served refers to
// none.
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
	if err := p.ask(ctx, func(ctx context.Context) error { return p.client.Get(ctx, "/apis/"+group, nil, &served) }); err != nil {
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

// greenhouse adds the Cluster objects of an organization; each has a Secret of its
// own name.
func (p *place) greenhouse(ctx context.Context, found *declarations) error {
	err := p.metadata(ctx, "/apis/greenhouse.sap/v1alpha1/namespaces/"+p.source.Namespace+"/clusters", "", func(o metadataOnly) {
		found.add(declared{cluster: o.Metadata.Name, secret: o.Metadata.Name, labels: o.labels()})
	})
	if err != nil || len(found.bySecret) == 0 {
		return err
	}
	// One list instead of a request for each, where that is allowed; else each is asked for by its name.
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

// listSecrets calls add with the names and versions of the Secrets of the namespace. A
// refusal is believed for a while, so that no audit log fills with it.
func (p *place) listSecrets(ctx context.Context, selector string, add func(declared)) error {
	if time.Since(p.noList) < listAgainAfter {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "", errors.New("refused a moment ago"))
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
		if list.Kind != "PartialObjectMetadataList" { // a page of something else, or nothing
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

// pages lists page by page, with fewer items when a page is too large: annotations of hundreds of KiB
// must not hide the other objects. An incomplete list is an error.
func (p *place) pages(ctx context.Context, size int, ask func(context.Context, url.Values) (next string, err error)) error {
	query := url.Values{"limit": {strconv.Itoa(size)}}
	for range maxPages {
		var next string
		err := p.ask(ctx, func(ctx context.Context) (err error) {
			next, err = ask(ctx, query)
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

// errNoList is an answer that is not the list that was asked for, or one without
// an end.
var errNoList = failure.Errorf(failure.ReasonDecode, "the answer is not a list")
