metadata description = 'Writes to the owners, and to whom else is named, before a month costs more than it may.'

@description('What a month may cost, in the currency of the subscription.')
@minValue(1)
param amount int

@description('Who is written to besides the owners of the resource group.')
param emails string[]

@description('The first day of the month in which the budget begins.')
param startDate string = utcNow('yyyy-MM-01')

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: 'serverless-month'
  properties: {
    amount: amount
    category: 'Cost'
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: {
      Half: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 50
        thresholdType: 'Actual'
        contactRoles: ['Owner']
        contactEmails: emails
      }
      All: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Actual'
        contactRoles: ['Owner']
        contactEmails: emails
      }
      Foreseen: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactRoles: ['Owner']
        contactEmails: emails
      }
    }
  }
}
