using System.Collections.Immutable;
using Serverless.Learning.Data;
using Serverless.Service.Catalog;
using Serverless.Service.Files;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Catalog;

public sealed class FileCatalogTests(AzuriteFixture azurite)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_is_read_as_it_was_written()
    {
        var catalog = new FileCatalog(await azurite.NewAccountAsync());
        var record = Record(0) with
        {
            Status = FileStatus.Error,
            StatusDetails = "train.jsonl line 3: ü",
            Report = DatasetScan.Start with { Line = 7, Faults = ["a", "b"], Finished = true },
        };

        await catalog.CreateAsync(record, Cancel);

        var read = await catalog.FindAsync(record.Id, Cancel);
        Assert.Equivalent(record, read, strict: true);
    }

    [Fact]
    public async Task An_id_that_does_not_exist_finds_nothing_whatever_it_looks_like()
    {
        var catalog = new FileCatalog(await azurite.NewAccountAsync());
        await catalog.CreateAsync(Record(0), Cancel);

        foreach (var text in (string[])["file-0", "../files/" + Record(0).Id, "", "file-" + new string('x', 3000), "ü/..", Record(0).Id + "\0"])
            Assert.Null(await catalog.FindAsync(new FileId(text), Cancel));
    }

    [Fact]
    public async Task Creating_a_record_again_returns_the_one_that_is_stored()
    {
        var catalog = new FileCatalog(await azurite.NewAccountAsync());
        var first = await catalog.CreateAsync(Record(0) with { Name = "first" }, Cancel);

        var second = await catalog.CreateAsync(first with { Name = "second" }, Cancel);

        Assert.Equal("first", second.Name);
        Assert.Equal("first", (await catalog.FindAsync(first.Id, Cancel))!.Name);
    }

    [Fact]
    public async Task Two_hundred_changes_by_eight_writers_at_once_are_all_there()
    {
        var catalog = new FileCatalog(await azurite.NewAccountAsync());
        var record = await catalog.CreateAsync(Record(0) with { Bytes = 0 }, Cancel);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var i = 0; i < 25; i++) await catalog.UpdateAsync(record.Id, r => r with { Bytes = r.Bytes + 1 }, Cancel);
        }));

        Assert.Equal(200, (await catalog.FindAsync(record.Id, Cancel))!.Bytes);
        Assert.Equal(200, Assert.Single((await catalog.ListAsync(null, 10, null, Cancel)).Items).Bytes);
    }

    [Fact]
    public async Task Changing_a_record_that_does_not_exist_says_which()
    {
        var catalog = new FileCatalog(await azurite.NewAccountAsync());

        var fault = await Assert.ThrowsAsync<RecordNotFoundException>(() => catalog.UpdateAsync(new FileId("file-7"), r => r, Cancel));

        Assert.Equal("The catalog has no record 'file-7'.", fault.Message);
    }

    [Fact]
    public async Task A_change_that_changes_nothing_writes_nothing()
    {
        var account = await azurite.NewAccountAsync();
        var catalog = new FileCatalog(account);
        var record = await catalog.CreateAsync(Record(0), Cancel);
        var blob = account.Catalog.GetBlobClient($"files/{record.Id}.json");
        var before = (await blob.GetPropertiesAsync(cancellationToken: Cancel)).Value.ETag;

        await catalog.UpdateAsync(record.Id, r => r, Cancel);

        Assert.Equal(before, (await blob.GetPropertiesAsync(cancellationToken: Cancel)).Value.ETag);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(23)]
    [InlineData(100)]
    public async Task Pages_of_any_size_show_every_record_once_newest_first(int limit)
    {
        var catalog = new FileCatalog(await azurite.NewAccountAsync());
        var written = Enumerable.Range(0, 23).Select(Record).ToArray();
        await Task.WhenAll(written.Select(record => catalog.CreateAsync(record, Cancel)));

        var seen = new List<string>();
        FileId? after = null;
        while (true)
        {
            var page = await catalog.ListAsync(after, limit, null, Cancel);
            seen.AddRange(page.Items.Select(record => record.Name));
            Assert.True(page.Items.Length <= limit);
            if (!page.HasMore) break;
            after = page.Items[^1].Id;
        }

        Assert.Equal(written.Reverse().Select(record => record.Name), seen);
    }

    [Fact]
    public async Task A_page_goes_on_after_a_record_that_was_removed_since()
    {
        var catalog = new FileCatalog(await azurite.NewAccountAsync());
        foreach (var i in Enumerable.Range(0, 4)) await catalog.CreateAsync(Record(i), Cancel);
        var first = await catalog.ListAsync(null, 2, null, Cancel);
        await catalog.DeleteAsync(first.Items[^1].Id, Cancel);

        var second = await catalog.ListAsync(first.Items[^1].Id, 2, null, Cancel);

        Assert.Equal(["file 1", "file 0"], second.Items.Select(record => record.Name));
        Assert.False(second.HasMore);
    }

    [Fact]
    public async Task A_filter_fills_its_pages()
    {
        var catalog = new FileCatalog(await azurite.NewAccountAsync());
        foreach (var i in Enumerable.Range(0, 9)) await catalog.CreateAsync(Record(i) with { Purpose = i % 3 == 0 ? "evals" : "batch" }, Cancel);

        var page = await catalog.ListAsync(null, 2, record => record.Purpose == "evals", Cancel);
        var rest = await catalog.ListAsync(page.Items[^1].Id, 2, record => record.Purpose == "evals", Cancel);

        Assert.Equal(["file 6", "file 3"], page.Items.Select(record => record.Name));
        Assert.True(page.HasMore);
        Assert.Equal(["file 0"], rest.Items.Select(record => record.Name));
        Assert.False(rest.HasMore);
    }

    [Fact]
    public async Task A_record_too_large_for_metadata_is_listed_whole()
    {
        var account = await azurite.NewAccountAsync();
        var catalog = new FileCatalog(account);
        var faults = Enumerable.Range(0, 2000).Select(i => Guid.NewGuid().ToString()).ToImmutableArray();
        var record = await catalog.CreateAsync(Record(0) with { Report = DatasetScan.Start with { Faults = faults } }, Cancel);
        await catalog.CreateAsync(Record(1), Cancel);

        var page = await catalog.ListAsync(null, 10, null, Cancel);

        var properties = await account.Catalog.GetBlobClient($"files/{record.Id}.json").GetPropertiesAsync(cancellationToken: Cancel);
        Assert.Empty(properties.Value.Metadata);
        Assert.Equal(2, page.Items.Length);
        Assert.Equal(faults, page.Items[1].Report!.Faults);
    }

    private static FileRecord Record(int minute) => new()
    {
        Id = FileId.OfDrop("x", "y", Noon.AddMinutes(minute)),
        Name = $"file {minute}",
        Purpose = "fine-tune",
        Bytes = 1,
        Sha256 = "00",
        CreatedAt = Noon.AddMinutes(minute),
    };
}
