'use strict';

const { Store } = require('./lib/store');

module.exports.contracts = [Store];
