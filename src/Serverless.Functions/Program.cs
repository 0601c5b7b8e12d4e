using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Serverless.Functions;
using Serverless.Learning;

try
{
    var builder = FunctionsApplication.CreateBuilder(args);
    builder.ConfigureFunctionsWebApplication();
    builder.Services.AddCloudHead();
    await builder.Build().RunAsync();
    return 0;
}
catch (InputError fault)
{
    await Console.Error.WriteLineAsync(fault.Message);
    return 2;
}
