"""Makes scipy.json: expected values from SciPy. Usage: python make_scipy_fixture.py scipy.json"""
import sys
import json, numpy as np, scipy
from scipy import stats
rng=np.random.default_rng(7)
out={"scipy":scipy.__version__,"numpy":np.__version__,"tests":[],"means":[],"ratios":[]}
def perm(d,exact):
    r=stats.permutation_test((np.array(d,float),np.zeros(len(d))),lambda x,y,axis=-1:np.sum(x-y,axis=axis),permutation_type='samples',vectorized=True,n_resamples=np.inf if exact else 99999,alternative='two-sided',rng=np.random.default_rng(1))
    return float(r.pvalue)
cases=[]
for n in (5,9,12):
    cases.append((rng.normal(.4,1,n).round(3).tolist(),True))
cases.append(([1,1,1,0,1,-1,1,0,1,1,1,1],True))
cases.append(([1,-1],True))
cases.append(([2,-2,1,1,.5],True))
for n in (40,200):
    cases.append((rng.normal(.15,1,n).round(3).tolist(),False))
for d,e in cases: out["tests"].append({"differences":d,"exact":e,"pValue":perm(d,e)})
# McNemar exact equals the binomial test
d=[1]*37+[-1]*19+[0]*150
out["tests"].append({"differences":d,"exact":True,"pValue":float(stats.binomtest(19,56).pvalue)})
for v in (rng.normal(3,2,50).round(3).tolist(), (rng.random(200)<.83).astype(float).tolist(), [0,1,0,0,1,0,0]):
    r=stats.bootstrap((np.array(v,float),),np.mean,n_resamples=200000,method='percentile',vectorized=True,batch=2000,rng=np.random.default_rng(3))
    out["means"].append({"values":v,"low":float(r.confidence_interval.low),"high":float(r.confidence_interval.high)})
tok=rng.integers(3,60,80); nll=(tok*np.abs(rng.normal(2,.6,80))).round(3)
def ppl(a,b,axis=-1): return np.exp(a.sum(axis=axis)/b.sum(axis=axis))
r=stats.bootstrap((nll,tok.astype(float)),ppl,paired=True,n_resamples=200000,method='percentile',vectorized=True,batch=2000,rng=np.random.default_rng(4))
out["ratios"].append({"nll":nll.tolist(),"tokens":tok.tolist(),"perplexity":float(ppl(nll,tok)),"low":float(r.confidence_interval.low),"high":float(r.confidence_interval.high)})
json.dump(out,open(sys.argv[1],'w'),indent=1)
print([ (t['pValue']) for t in out['tests']], [(m['low'],m['high']) for m in out['means']],out["ratios"][0]["low"],out["ratios"][0]["high"])
