using Serverless.Learning;

namespace Serverless.Service.Models.Adding;

/// <summary>Removes models, unless that would break something or have no effect.</summary>
public sealed class RemoveModel(ModelStore store, ModelCatalog catalog, BaseUse use)
{
    /// <exception cref="InputError">
    /// There is no such model, or a folder on this machine gives it again at every start (<c>insufficient_permissions</c>), or unfinished jobs
    /// train on it, or adapters answer on it.
    /// </exception>
    public async Task RunAsync(ModelId id, CancellationToken ct)
    {
        var model = await catalog.FindAsync(id, ct) ?? throw UnknownModel.Refusal(id);
        if (model is { Kind: ModelKind.Base, OwnedBy: not ModelRecord.Brought })
            throw new InputError(
                $"You have insufficient permissions for this operation: '{id}' is a base model that comes with the service or lies in its folder of models, and would be back at the next start.",
                "model", "insufficient_permissions");
        await use.RefuseIfUsedAsync(id, ct);
        var adapters = await catalog.ListAsync(other => other.Kind == ModelKind.Adapter && other.BaseModel == id, ct);
        if (!adapters.IsEmpty)
            throw new InputError(
                $"The model '{id}' is the base of {string.Join(", ", adapters.Select(adapter => adapter.Id))}; remove what answers on it first", "model", "model_in_use");
        await store.DeleteAsync(id, ct);
    }
}
