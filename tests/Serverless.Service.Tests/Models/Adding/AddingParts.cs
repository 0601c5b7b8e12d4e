using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Storage;

namespace Serverless.Service.Tests.Models.Adding;

/// <summary>What adding models needs, on one account.</summary>
internal sealed record AddingParts(BlobAccount Account, ModelCatalog Catalog, ModelStore Store, JobCatalog Jobs, AddModel Add, RemoveModel Remove)
{
    public static AddingParts On(BlobAccount account)
    {
        var catalog = new ModelCatalog(account);
        var store = new ModelStore(account, catalog, TimeProvider.System);
        var jobs = new JobCatalog(account);
        var use = new BaseUse(jobs, catalog);
        return new AddingParts(account, catalog, store, jobs, new AddModel(store, catalog, new AdapterBases(store, catalog), use, TimeProvider.System), new RemoveModel(store, catalog, use));
    }

    public Task<AddedModel> AddAsync(IModelFiles files, string name, bool replace = false) =>
        Add.RunAsync(files, new AddRequest(name, "a test", replace), null, TestContext.Current.CancellationToken);
}
